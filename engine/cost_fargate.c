/* What the tasks of a service cost: Fargate on demand and on Spot, disk, public addresses. */
#include "base/value.h"
#include "engine/cost_int.h"
#include "providers/prices.h"

#include <math.h>
#include <string.h>

#define DISK_FREE 20 /* GiB of each task */

struct task {
	const char *address; /* of the service */
	const char *arch;    /* as meters call it */
	double vcpu, gb, disk;
};

/* Tasks of one service by kind of capacity. */
struct shares {
	double spot, on_demand;
};

struct provider {
	double weight, base;
};

/* False if it names another kind of capacity: nobody here knows what that costs. */
static bool read_strategy(const json_t *strategy, struct provider *spot, struct provider *on_demand)
{
	const json_t *item;
	size_t i;

	json_array_foreach (strategy, i, item) {
		const char *name = cost_word(item, "provider", "");
		bool is_spot = !strcmp(name, "FARGATE_SPOT");

		if (!is_spot && strcmp(name, "FARGATE") != 0)
			return false;
		*(is_spot ? spot : on_demand) =
		    (struct provider){cost_number(item, "weight", 0), cost_number(item, "base", 0)};
	}
	return true;
}

/* The base first, then whole tasks by weight; what falls between both is taken for the dearer one. */
static bool share_out(const json_t *strategy, double tasks, struct shares *ret)
{
	struct provider spot = {0}, on_demand = {0};
	double rest;

	if (!read_strategy(strategy, &spot, &on_demand))
		return false;
	ret->spot = fmin(spot.base, tasks);
	ret->on_demand = fmin(on_demand.base, tasks - ret->spot);
	rest = tasks - ret->spot - ret->on_demand;
	if (spot.weight > 0) {
		double more = ceil(rest * spot.weight / (spot.weight + on_demand.weight) - 0.5);

		ret->spot += more;
		rest -= more;
	}
	ret->on_demand += rest;
	return true;
}

/* The service's own strategy, else the cluster's, else on demand. */
static const json_t *strategy_of(const struct estimate *e, const json_t *want)
{
	const json_t *own = json_object_get(want, "strategy");
	const struct resource *cluster = cost_target(e, want, "cluster");

	if (json_array_size(own) || json_object_get(want, "launch_type") || !cluster)
		return own;
	return json_object_get(cluster->want, "default_strategy");
}

/* False if it is no Linux task on Fargate of a known size. */
static bool read_task(const struct estimate *e, const struct resource *r, struct task *ret)
{
	const struct resource *t = cost_target(e, r->want, "task_definition");

	if (!t || strcmp(cost_word(t->want, "os", "LINUX"), "LINUX") != 0 ||
	    strcmp(cost_word(r->want, "launch_type", "FARGATE"), "FARGATE") != 0)
		return false;
	*ret = (struct task){
	    .address = r->address,
	    .arch = strcmp(cost_word(t->want, "arch", "X86_64"), "ARM64") ? "x86" : "arm64",
	    .vcpu = cost_number(t->want, "cpu", NAN) / 1024,
	    .gb = cost_number(t->want, "memory", NAN) / 1024,
	    .disk = cost_number(t->want, "ephemeral_storage", DISK_FREE),
	};
	return true;
}

static void add_part(struct estimate *e, const struct task *t, const char *part, double hours, bool spot)
{
	char *meter CLEANUP(freep) = xasprintf("fargate.%s.%s%s", t->arch, spot ? "spot." : "", part);
	char *dear CLEANUP(freep) = xasprintf("fargate.%s.%s", t->arch, part);
	bool vcpu = !strcmp(part, "vcpu");
	struct cost_line *line = cost_add(e, t->address, meter, hours, "%s, %s%s", vcpu ? "processor" : "memory",
					  t->arch, spot ? ", Spot" : "");
	double price;

	if (!spot)
		return;
	e->cost->on_spot = true;
	line->on_demand = price_find(e->spec->region, dear, &price) ? hours * price : NAN;
}

static void add_tasks(struct estimate *e, const struct task *t, double tasks, bool spot)
{
	double hours = tasks * e->assume->hours;

	if (tasks == 0)
		return;
	add_part(e, t, "vcpu", t->vcpu * hours, spot);
	add_part(e, t, "gb", t->gb * hours, spot);
	if (!(t->disk <= DISK_FREE))
		cost_add(e, t->address, "fargate.ephemeral.gb", (t->disk - DISK_FREE) * hours, "disk above %d GB%s",
			 DISK_FREE, spot ? ", Spot" : "");
}

void cost_service(struct estimate *e, const struct resource *r)
{
	double tasks = cost_number(r->want, "count", 1);
	struct shares shares;
	struct task task;

	if (!read_task(e, r, &task) || !share_out(strategy_of(e, r->want), tasks, &shares)) {
		cost_add_unknown(e, r->address, "tasks that are no Linux on Fargate, or defined elsewhere");
		return;
	}
	add_tasks(e, &task, shares.on_demand, false);
	add_tasks(e, &task, shares.spot, true);
	if (val_bool(r->want, "public_ip") && tasks != 0)
		cost_add(e, r->address, "ipv4.public.in_use", tasks * e->assume->hours, "public IPv4 address");
	if (json_object_get(r->want, "registry"))
		e->registered += tasks;
	if (val_operand(json_object_get(r->want, "count"), V_RELEASED))
		cost_note(e, "%s runs no task before its first release; it is costed at the count of the spec, %g.",
			  r->address, tasks);
}
