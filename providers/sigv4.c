#include "providers/sigv4.h"
#include "base/err.h"

#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define SCOPE_END "aws4_request"

/* One name and value of the canonical form: a header, or a query parameter. */
struct pair {
	char *name, *value;
	size_t order; /* place in the input, for a stable sort */
};

struct pairs {
	struct pair *v;
	size_t n, cap;
};

struct signing {
	const struct sigv4_input *in;
	struct pairs headers;
	char stamp[17]; /* YYYYMMDDTHHMMSSZ */
	char date[9];
	char body_hash[2 * SHA256_DIGEST_LENGTH + 1];
	char *scope, *signed_names;
};

/*
 * Names that proxies and transports change or that curl adds by itself. content-length is not among them although
 * berth never gives it: a caller that gives it sends exactly that, and AWS's own vectors sign it.
 */
static const char *const never_signed[] = {
    "authorization",
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amzn-trace-id",
    "accept-encoding",
};

/* Headers that the signer itself makes: a value from the caller is replaced. */
static const char *const own_headers[] = {"x-amz-date", "x-amz-security-token", "x-amz-content-sha256"};

static bool in_words(const char *const *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (!strcasecmp(words[i], word))
			return true;
	return false;
}

/* Takes over name and value. */
static void pairs_add(struct pairs *p, char *name, char *value)
{
	p->v = grow(p->v, &p->cap, p->n + 1, sizeof(*p->v));
	p->v[p->n] = (struct pair){.name = name, .value = value, .order = p->n};
	p->n++;
}

static void pairs_release(struct pairs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].name);
		wipe_str(p->v[i].value);
	}
	free(p->v);
	*p = (struct pairs){0};
}

static int by_name(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c ? c : (x->order > y->order) - (x->order < y->order);
}

static int by_name_and_value(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c ? c : strcmp(x->value, y->value);
}

static void pairs_sort(struct pairs *p, int (*cmp)(const void *, const void *))
{
	if (p->n)
		qsort(p->v, p->n, sizeof(*p->v), cmp);
}

static char *lower(const char *s)
{
	char *copy = xstrdup(s);

	for (char *p = copy; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return copy;
}

/* Trims, and folds inner runs of blanks to one space. */
static char *fold(const char *s)
{
	struct buf b = BUF(BUF_TEXT_MAX);

	s += strspn(s, " \t");
	while (*s) {
		size_t word = strcspn(s, " \t");

		buf_add(&b, s, word);
		s += word;
		s += strspn(s, " \t");
		if (*s)
			buf_addc(&b, ' ');
	}
	return buf_take(&b);
}

static int add_header(struct pairs *p, const char *name, const json_t *value)
{
	const char *text = json_string_value(value);

	if (!text || strpbrk(text, "\r\n") || strpbrk(name, "\r\n: "))
		return ERR_INVALID;
	pairs_add(p, lower(name), fold(text));
	return 0;
}

/* A repeated header counts once, its values joined in the order they are sent. */
static void join_repeated(struct pairs *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct pair *last = n ? &p->v[n - 1] : NULL;

		if (!last || strcmp(last->name, p->v[i].name)) {
			p->v[n++] = p->v[i];
			continue;
		}
		char *both = xasprintf("%s,%s", last->value, p->v[i].value);
		wipe_str(last->value);
		last->value = both;
		free(p->v[i].name);
		wipe_str(p->v[i].value);
	}
	p->n = n;
}

static int collect_given(struct signing *s)
{
	const char *name;
	json_t *value, *one;
	bool host = false;

	json_object_foreach ((json_t *)s->in->headers, name, value) {
		size_t i, n = json_is_array(value) ? json_array_size(value) : 1;

		if (in_words(never_signed, ARRAY_SIZE(never_signed), name) ||
		    in_words(own_headers, ARRAY_SIZE(own_headers), name))
			continue;
		host |= !strcasecmp(name, "host");
		for (i = 0; i < n; i++) {
			one = json_is_array(value) ? json_array_get(value, i) : value;
			if (add_header(&s->headers, name, one))
				return ERR_INVALID;
		}
	}
	return host ? 0 : ERR_INVALID;
}

static bool sends_body_hash(const struct sigv4_input *in)
{
	return in->s3 || in->sign_body_header;
}

static int collect_headers(struct signing *s)
{
	const struct sigv4_input *in = s->in;
	int rc = collect_given(s);

	if (rc)
		return rc;
	pairs_add(&s->headers, xstrdup("x-amz-date"), xstrdup(s->stamp));
	if (sends_body_hash(in))
		pairs_add(&s->headers, xstrdup("x-amz-content-sha256"), xstrdup(s->body_hash));
	if (in->token && !in->omit_token) {
		if (strpbrk(in->token, "\r\n"))
			return ERR_INVALID;
		pairs_add(&s->headers, xstrdup("x-amz-security-token"), fold(in->token));
	}
	pairs_sort(&s->headers, by_name);
	join_repeated(&s->headers);
	return 0;
}

static void add_headers(struct signing *s, struct buf *b)
{
	struct buf names = BUF(BUF_TEXT_MAX);

	for (size_t i = 0; i < s->headers.n; i++) {
		const struct pair *h = &s->headers.v[i];

		buf_addf(b, "%s:%s\n", h->name, h->value);
		buf_addf(&names, "%s%s", i ? ";" : "", h->name);
	}
	free(s->signed_names);
	s->signed_names = buf_take(&names);
}

/* Drops ".", ".." and empty segments. A final '/' stays. */
static char *normalize(const char *path)
{
	struct buf b = BUF(BUF_TEXT_MAX);
	size_t len = strlen(path);

	for (const char *p = path; *p;) {
		size_t n;

		p += strspn(p, "/");
		n = strcspn(p, "/");
		if (n == 2 && !strncmp(p, "..", 2)) {
			while (b.n && b.p[b.n - 1] != '/')
				b.n--;
			if (b.n)
				b.n--;
			if (b.p)
				b.p[b.n] = '\0';
		} else if (n && !(n == 1 && *p == '.')) {
			buf_addc(&b, '/');
			buf_add(&b, p, n);
		}
		p += n;
	}
	if (!b.n || (len && path[len - 1] == '/'))
		buf_addc(&b, '/');
	return buf_take(&b);
}

static void add_path(const struct sigv4_input *in, struct buf *b)
{
	const char *path = in->path && *in->path ? in->path : "/";
	char *clean;

	if (in->s3) {
		buf_adds(b, path);
		return;
	}
	clean = in->no_normalize ? xstrdup(path) : normalize(path);
	buf_add_uri(b, clean, strlen(clean), true);
	free(clean);
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *p = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

	return p ? (int)(p - digits) : -1;
}

/* The canonical encoding of n bytes that are encoded somehow: what is escaped stays escaped, once. */
static char *recode(const char *s, size_t n)
{
	struct buf raw = BUF(BUF_TEXT_MAX), b = BUF(BUF_TEXT_MAX);

	for (size_t i = 0; i < n; i++) {
		bool escape = s[i] == '%' && i + 2 < n && hex_digit(s[i + 1]) >= 0 && hex_digit(s[i + 2]) >= 0;
		char byte = s[i];

		if (escape) {
			byte = (char)(hex_digit(s[i + 1]) * 16 + hex_digit(s[i + 2]));
			i += 2;
		}
		buf_addc(&raw, byte);
	}
	buf_add_uri(&b, buf_str(&raw), raw.n, false);
	buf_wipe(&raw);
	return buf_take(&b);
}

static void add_query(const char *query, struct buf *b)
{
	struct pairs p = {0};

	while (query && *query) {
		size_t n = strcspn(query, "&");
		const char *eq = memchr(query, '=', n);
		size_t name = eq ? (size_t)(eq - query) : n;

		if (n)
			pairs_add(&p, recode(query, name), eq ? recode(eq + 1, n - name - 1) : xstrdup(""));
		query += n + (query[n] == '&');
	}
	pairs_sort(&p, by_name_and_value);
	for (size_t i = 0; i < p.n; i++)
		buf_addf(b, "%s%s=%s", i ? "&" : "", p.v[i].name, p.v[i].value);
	pairs_release(&p);
}

static void hash_hex(const void *data, size_t n, char hex[2 * SHA256_DIGEST_LENGTH + 1])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	struct buf b = BUF(2 * SHA256_DIGEST_LENGTH);

	SHA256(data ? data : "", n, digest);
	buf_add_hex(&b, digest, sizeof(digest));
	memcpy(hex, b.p, b.n + 1);
	buf_release(&b);
}

static char *canonical_request(struct signing *s)
{
	struct buf b = BUF(BUF_TEXT_MAX);

	buf_addf(&b, "%s\n", s->in->method);
	add_path(s->in, &b);
	buf_addc(&b, '\n');
	add_query(s->in->query, &b);
	buf_addc(&b, '\n');
	add_headers(s, &b);
	buf_addf(&b, "\n%s\n%s", s->signed_names, s->body_hash);
	return buf_take(&b);
}

static void hmac(unsigned char key[SHA256_DIGEST_LENGTH], const char *text)
{
	unsigned char out[SHA256_DIGEST_LENGTH];

	HMAC(EVP_sha256(), key, SHA256_DIGEST_LENGTH, (const unsigned char *)text, strlen(text), out, NULL);
	memcpy(key, out, sizeof(out));
	wipe(out, sizeof(out));
}

static char *signature(const struct signing *s, const char *to_sign)
{
	unsigned char key[SHA256_DIGEST_LENGTH];
	char *first = xasprintf("AWS4%s", s->in->secret_key);
	struct buf hex = BUF(2 * SHA256_DIGEST_LENGTH);

	HMAC(EVP_sha256(), first, (int)strlen(first), (const unsigned char *)s->date, strlen(s->date), key, NULL);
	wipe_str(first);
	hmac(key, s->in->region);
	hmac(key, s->in->service);
	hmac(key, SCOPE_END);
	hmac(key, to_sign);
	buf_add_hex(&hex, key, sizeof(key));
	wipe(key, sizeof(key));
	return buf_take(&hex);
}

static int set_time(struct signing *s)
{
	time_t t = (time_t)(s->in->time / 1000);
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(s->stamp, sizeof(s->stamp), "%Y%m%dT%H%M%SZ", &tm) != 16)
		return ERR_INVALID;
	memcpy(s->date, s->stamp, 8);
	return 0;
}

static void fill_output(struct signing *s, struct sigv4_output *ret)
{
	const struct sigv4_input *in = s->in;
	char digest[2 * SHA256_DIGEST_LENGTH + 1];

	ret->amz_date = xstrdup(s->stamp);
	ret->content_sha256 = sends_body_hash(in) ? xstrdup(s->body_hash) : NULL;
	ret->canonical_request = canonical_request(s);
	hash_hex(ret->canonical_request, strlen(ret->canonical_request), digest);
	ret->string_to_sign = xasprintf(ALGORITHM "\n%s\n%s\n%s", s->stamp, s->scope, digest);
	ret->signature = signature(s, ret->string_to_sign);
	ret->authorization = xasprintf(ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s", in->access_key,
				       s->scope, s->signed_names, ret->signature);
}

int sigv4_sign(const struct sigv4_input *in, struct sigv4_output *ret)
{
	struct signing s = {.in = in};
	int rc;

	rc = set_time(&s);
	if (rc)
		return rc;
	hash_hex(in->body, in->body ? in->body_len : 0, s.body_hash);
	rc = collect_headers(&s);
	if (!rc) {
		s.scope = xasprintf("%s/%s/%s/" SCOPE_END, s.date, in->region, in->service);
		fill_output(&s, ret);
	}
	pairs_release(&s.headers);
	free(s.scope);
	free(s.signed_names);
	return rc;
}

void sigv4_release(struct sigv4_output *out)
{
	free(out->amz_date);
	free(out->authorization);
	free(out->content_sha256);
	/* It may hold the session token. */
	wipe_str(out->canonical_request);
	free(out->string_to_sign);
	free(out->signature);
	*out = (struct sigv4_output){0};
}
