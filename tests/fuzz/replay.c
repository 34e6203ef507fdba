/* Runs a fuzz target over the files of a folder, each whole and cut short at every eighth. */
#include "tests/fuzz/fuzz.h"

#include "base/mem.h"

#include <dirent.h>
#include <string.h>

#define FILE_MAX ((size_t)1 << 20)

static size_t read_file(const char *path, uint8_t *p)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f) {
		perror(path);
		exit(1);
	}
	n = fread(p, 1, FILE_MAX, f);
	fclose(f);
	return n;
}

/* In memory of just that size, so that reading beyond it is seen. */
static void run(const uint8_t *data, size_t n)
{
	uint8_t *copy = n ? xcalloc(n, 1) : NULL;

	if (n)
		memcpy(copy, data, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

int main(int argc, char **argv)
{
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	uint8_t *data = xcalloc(FILE_MAX, 1);
	struct dirent *e;
	int files = 0;

	if (!dir) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 1;
	}
	while ((e = readdir(dir))) {
		char *path = xasprintf("%s/%s", argv[1], e->d_name);

		if (e->d_name[0] != '.') {
			size_t n = read_file(path, data);

			for (size_t part = 0; part <= 8; part++)
				run(data, n * part / 8);
			files++;
		}
		free(path);
	}
	closedir(dir);
	free(data);
	printf("%d files\n", files);
	return files ? 0 : 1;
}
