#include "base/file.h"
#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int os_error(char *why)
{
	snprintf(why, FILE_WHY_MAX, "%s", strerror(errno));
	return ERR_IO;
}

static int too_large(const struct buf *b, char *why)
{
	bool mega = b->max >= (size_t)1 << 20;

	snprintf(why, FILE_WHY_MAX, "it is larger than %zu %s", b->max >> (mega ? 20 : 10), mega ? "MiB" : "KiB");
	return ERR_INVALID;
}

static int check_kind(int fd, const struct buf *b, char *why)
{
	struct stat st;

	if (fstat(fd, &st))
		return os_error(why);
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return os_error(why);
	}
	if (!S_ISREG(st.st_mode)) {
		snprintf(why, FILE_WHY_MAX, "it is no ordinary file");
		return ERR_INVALID;
	}
	return (uintmax_t)st.st_size > b->max ? too_large(b, why) : 0;
}

/* It may grow while it is read, or lie about its size, as those in /proc do. */
static int read_all(int fd, struct buf *b, char *why)
{
	char part[16384];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		buf_add(b, part, (size_t)n);
		if (b->err)
			break;
	}
	wipe(part, sizeof(part));
	if (b->err)
		return too_large(b, why);
	return n < 0 ? os_error(why) : 0;
}

int file_read(const char *path, struct buf *b, char why[FILE_WHY_MAX])
{
	/* Without O_NONBLOCK a FIFO is waited for before it can be looked at. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc;

	if (fd < 0)
		return os_error(why);
	rc = check_kind(fd, b, why);
	if (!rc)
		rc = read_all(fd, b, why);
	close(fd);
	return rc;
}
