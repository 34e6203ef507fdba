/* size - CPU and memory of a Fargate task: only certain pairs exist. */
#include "spec/size.h"
#include "base/buf.h"

/* CPU units, and memory in MiB from min to max.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html */
static const struct row {
	int cpu, min, max, step;
} rows[] = {
    {256, 512, 512, 1024},     {256, 1024, 2048, 1024},   {512, 1024, 4096, 1024},    {1024, 2048, 8192, 1024},
    {2048, 4096, 16384, 1024}, {4096, 8192, 30720, 1024}, {8192, 16384, 61440, 4096}, {16384, 32768, 122880, 8192},
};

const struct size sizes[] = {
    {"small", 256, 512},    {"medium", 512, 1024},   {"large", 1024, 2048},
    {"xlarge", 2048, 4096}, {"2xlarge", 4096, 8192}, {NULL, 0, 0},
};

static bool fits(const struct row *r, json_int_t memory)
{
	return memory >= r->min && memory <= r->max && (memory - r->min) % r->step == 0;
}

bool size_exists(json_int_t cpu, json_int_t memory)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].cpu == cpu && fits(&rows[i], memory))
			return true;
	return false;
}

bool size_has_cpu(json_int_t cpu)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].cpu == cpu)
			return true;
	return false;
}

int size_least_memory(json_int_t cpu)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].cpu == cpu)
			return rows[i].min;
	return 0;
}

char *size_advice(json_int_t cpu, json_int_t memory)
{
	struct buf b = BUF(1024);
	const char *comma = "";
	bool any = false;

	buf_addf(&b, "With cpu %d, memory is", (int)cpu);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];

		if (r->cpu != cpu)
			continue;
		buf_addf(&b, "%s %d", comma, r->min);
		if (r->max > r->min)
			buf_addf(&b, " to %d in steps of %d", r->max, r->step);
		comma = ", or";
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (fits(&rows[i], memory)) {
			if (!any)
				buf_addf(&b, "; memory %d goes with cpu", (int)memory);
			buf_addf(&b, "%s %d", any ? "," : "", rows[i].cpu);
			any = true;
		}
	buf_addc(&b, '.');
	return buf_take(&b);
}
