#include "spec/cidr.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

bool cidr_parse(const char *s, struct cidr *ret)
{
	const char *slash = strchr(s, '/');
	char *host CLEANUP(freep) = slash ? xstrndup(s, (size_t)(slash - s)) : NULL;
	struct in_addr a;
	size_t digits;
	long bits;

	if (!host || inet_pton(AF_INET, host, &a) != 1)
		return false;
	digits = strspn(slash + 1, "0123456789");
	if (!digits || digits > 2 || slash[1 + digits] || (digits > 1 && slash[1] == '0'))
		return false;
	bits = strtol(slash + 1, NULL, 10);
	if (bits > 32)
		return false;
	*ret = (struct cidr){ntohl(a.s_addr), (unsigned)bits};
	return true;
}

char *cidr_text(struct cidr c)
{
	return xasprintf("%u.%u.%u.%u/%u", c.address >> 24, c.address >> 16 & 255, c.address >> 8 & 255,
			 c.address & 255, c.bits);
}

static uint32_t mask(unsigned bits)
{
	return bits ? UINT32_MAX << (32 - bits) : 0;
}

struct cidr cidr_canon(struct cidr c)
{
	return (struct cidr){c.address & mask(c.bits), c.bits};
}

struct cidr cidr_part(struct cidr c, unsigned bits, unsigned n)
{
	return (struct cidr){cidr_canon(c).address + (uint32_t)n * (UINT32_C(1) << (32 - bits)), bits};
}

bool cidr_holds(struct cidr outer, struct cidr inner)
{
	return outer.bits <= inner.bits && ((outer.address ^ inner.address) & mask(outer.bits)) == 0;
}

bool cidr_overlap(struct cidr a, struct cidr b)
{
	return cidr_holds(a, b) || cidr_holds(b, a);
}

static bool in_any(struct cidr c, const char *const *list)
{
	struct cidr outer;

	for (; *list; list++)
		if (cidr_parse(*list, &outer) && cidr_holds(outer, c))
			return true;
	return false;
}

bool cidr_is_private(struct cidr c)
{
	static const char *const list[] = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", NULL};

	return in_any(c, list);
}

bool cidr_is_reserved(struct cidr c)
{
	static const char *const list[] = {"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", NULL};

	return in_any(c, list);
}
