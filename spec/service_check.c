/* What the table cannot say of a service. Values may be of any kind where the file has other errors. */
#include "spec/services.h"
#include "spec/size.h"
#include "spec/suggest.h"

#include <arpa/inet.h>
#include <string.h>

static void check_size(struct at service, struct diag *d)
{
	struct at size = at_key(service, "size"), cpu = at_key(service, "cpu"), memory = at_key(service, "memory");
	char *advice CLEANUP(freep) = NULL;
	int units, mib;

	if (size.value && (cpu.value || memory.value)) {
		at_error(size, d, "size says what cpu and memory say: give one or the other.");
		return;
	}
	if ((cpu.value && !json_is_integer(cpu.value)) || (memory.value && !json_is_integer(memory.value)) ||
	    size.value)
		return;
	service_size(service, &units, &mib);
	/* What the table refuses has been said. */
	if (!size_has_cpu(units) || mib < 512 || mib > 122880 || size_exists(units, mib))
		return;
	advice = size_advice(units, mib);
	at_error(memory, d, "Fargate has no task with cpu %d and memory %d.", units, mib);
	at_hint(memory, d, "%s", advice);
}

static bool lists(struct at list, const char *text)
{
	for (size_t i = 0; i < json_array_size(list.value); i++) {
		const char *s = json_string_value(json_array_get(list.value, i));

		if (s && !strcmp(s, text))
			return true;
	}
	return false;
}

static void report_secret(struct at file, struct at name, const char *s, struct diag *d)
{
	struct at all = at_key(file, "secrets");
	struct suggest near = SUGGEST(s);

	if (!strcmp(s, "DATABASE_URL")) {
		at_error(name, d, "There is no database that DATABASE_URL could name.");
		at_hint(name, d,
			"Add a database section, or list DATABASE_URL under secrets and put a value of your own.");
		return;
	}
	suggest_try(&near, "DATABASE_URL");
	for (size_t i = 0; i < json_array_size(all.value); i++)
		if (json_is_string(json_array_get(all.value, i)))
			suggest_try(&near, json_string_value(json_array_get(all.value, i)));
	at_error(name, d, "Secret %s is not listed in section secrets.", s);
	if (near.best)
		at_hint(name, d, "Did you mean %s?", near.best);
	else
		at_hint(name, d, "List it there; its value comes from `berth secrets put %s`.", s);
}

static void check_secrets(struct at file, struct at service, struct diag *d)
{
	struct at names = at_key(service, "secrets"), env = at_key(service, "env");

	for (size_t i = 0; i < json_array_size(names.value); i++) {
		struct at name = at_item(names, i);
		const char *s = json_string_value(name.value);

		if (!s)
			continue;
		if (!lists(at_key(file, "secrets"), s) &&
		    !(!strcmp(s, "DATABASE_URL") && has_section(file, "database")))
			report_secret(file, name, s, d);
		if (json_object_get(env.value, s)) {
			at_error(name, d, "%s stands under env too: ECS refuses a name that is both.", s);
			at_hint(name, d, "Take it out of env.");
		}
	}
}

/* https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
static const char *bucket_trouble(const char *s)
{
	static const char *const heads[] = {"xn--", "sthree-", "amzn-s3-demo-"};
	static const char *const tails[] = {"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"};
	struct in_addr a;
	size_t n = strlen(s);

	if (strstr(s, ".."))
		return "it has two dots in a row";
	if (inet_pton(AF_INET, s, &a) == 1)
		return "it looks like an IP address";
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		if (!strncmp(s, heads[i], strlen(heads[i])))
			return "names that begin so are reserved";
	for (size_t i = 0; i < ARRAY_SIZE(tails); i++)
		if (n >= strlen(tails[i]) && !strcmp(s + n - strlen(tails[i]), tails[i]))
			return "names that end so are reserved";
	return NULL;
}

static void check_buckets(struct at service, struct diag *d)
{
	struct at buckets = at_key(service, "buckets");
	const char *key;
	json_t *member;

	json_object_foreach (buckets.value, key, member) {
		const char *why = bucket_trouble(key);

		if (why)
			at_key_error(at_key(buckets, key), d, "\"%s\" is no name for a bucket: %s.", key, why);
	}
}

static void check_egress(struct at service, struct diag *d)
{
	struct at egress = at_key(service, "egress");

	if (!json_is_array(egress.value))
		return;
	for (size_t i = 0; i < json_array_size(egress.value); i++)
		if (json_integer_value(json_array_get(egress.value, i)) == 443)
			return;
	at_warn(egress, d, "Without port 443 a task cannot fetch its image, its secrets, or write logs.");
}

static void check_name(struct at service, struct diag *d)
{
	static const char *const taken[] = {"link", "database"};

	for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
		if (!strcmp(service.key, taken[i]))
			at_key_error(service, d, "A service cannot be called \"%s\": that is the name of another part.",
				     taken[i]);
}

void service_check(struct at file, struct at service, struct diag *d)
{
	check_name(service, d);
	if (!json_is_object(service.value))
		return;
	check_size(service, d);
	check_secrets(file, service, d);
	check_buckets(service, d);
	check_egress(service, d);
}
