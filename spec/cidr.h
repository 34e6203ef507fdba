/* cidr - IPv4 networks as numbers. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct cidr {
	uint32_t address; /* host byte order, host bits as given */
	unsigned bits;
};

/* "10.20.0.0/16"; false if s is none. */
bool cidr_parse(const char *s, struct cidr *ret);
/* New text. */
char *cidr_text(struct cidr c);
/* Without what lies behind the prefix. */
struct cidr cidr_canon(struct cidr c);
/* Subnet number n of those with `bits` bits. */
struct cidr cidr_part(struct cidr c, unsigned bits, unsigned n);
bool cidr_holds(struct cidr outer, struct cidr inner);
bool cidr_overlap(struct cidr a, struct cidr b);
/* An address range that is free for private use by RFC 1918 or RFC 6598. */
bool cidr_is_private(struct cidr c);
/* One that no VPC can have: loopback, link-local, multicast, "this network". */
bool cidr_is_reserved(struct cidr c);
