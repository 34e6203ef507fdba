/* The teardown step by step: what belongs together is shown with what is lost by it, and asked for. */
#include "cli/destroy_steps.h"
#include "base/buf.h"
#include "base/err.h"
#include "cli/apply.h"
#include "engine/op.h"

#include <stdlib.h>
#include <string.h>

#define TOLD_MAX 50 /* objects of a step about which AWS is asked */

/* In an order in which each can go before the next: who uses something goes before it. */
static const struct group {
	const char *title, *begins[3];
} group[] = {
    {"the public API", {"apigateway."}},
    {"services and their tasks", {"ecs.", "servicediscovery."}},
    {"roles and access", {"iam."}},
    {"logs", {"logs."}},
    {"the database", {"rds."}},
    {"images", {"ecr."}},
    {"secrets", {"ssm."}},
    {"the network", {"ec2."}},
};

size_t destroy_group(const struct rtype *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(group); i++)
		for (size_t k = 0; k < ARRAY_SIZE(group[i].begins) && group[i].begins[k]; k++)
			if (!strncmp(t->name, group[i].begins[k], strlen(group[i].begins[k])))
				return i;
	return ARRAY_SIZE(group);
}

struct steps {
	struct work *w;
	const struct destroy_request *req;
	size_t at;    /* the group that it is about */
	json_t *stay; /* {address: true}: skipped */
	size_t done, skipped;
};

static bool in_step(const struct steps *s, const struct action *a)
{
	return a->act == ACT_DELETE && destroy_group(a->type) == s->at;
}

static size_t count(const struct steps *s, bool *ret_data)
{
	size_t n = 0;

	for (size_t i = 0; i < s->w->plan.n; i++) {
		const struct action *a = &s->w->plan.action[i];

		n += in_step(s, a);
		*ret_data |= in_step(s, a) && a->risk == RISK_DATA;
	}
	return n;
}

/* ---- what is lost ------------------------------------------------------------------------------------------- */

struct telling {
	struct loop *loop;
	size_t open;
};

struct question {
	struct telling *all;
	const struct action *action;
	struct op *op;
	char *text;
};

static void told(void *arg, struct op_result *res)
{
	struct question *q = arg;

	q->op = NULL;
	if (res->outcome == OP_OK)
		q->text = q->action->type->loss->tell(res->rows, q->action->have->fields);
	if (!--q->all->open)
		loop_stop(q->all->loop);
}

static void ask_aws(struct steps *s, struct question *q, struct telling *all)
{
	struct op_request req = {.type = q->action->type,
				 .call = &q->action->type->loss->list,
				 .obj = q->action->have->fields,
				 .address = q->action->address,
				 .intent = CALL_READ};

	q->all = all;
	all->open++;
	q->op = op_start(&s->w->session, &req, told, q);
}

static void print_question(const struct steps *s, const struct question *q)
{
	const struct action *a = q->action;
	const char *name = a->type->loss || a->risk == RISK_DATA ? val_str(a->have->fields, "name") : NULL;
	char *address CLEANUP(freep) = printable(a->address), *own CLEANUP(freep) = name ? printable(name) : NULL;
	char *text CLEANUP(freep) = q->text ? printable(q->text) : NULL;
	bool color = s->w->cli->err_color && a->risk == RISK_DATA;

	fprintf(stderr, "  %s- %s%s%s%s%s%s\n", paint_on(color, PAINT_RED), address, own ? "  " : "", own ? own : "",
		text ? ": " : "", text ? text : "", paint_off(color));
}

/* That something cannot be told keeps nobody from deciding. */
static void show_step(struct steps *s, size_t n)
{
	struct telling all = {.loop = s->w->session.loop};
	struct question *q = xcalloc(n, sizeof(*q));
	size_t k = 0;

	for (size_t i = 0; i < s->w->plan.n; i++) {
		if (!in_step(s, &s->w->plan.action[i]))
			continue;
		q[k].action = &s->w->plan.action[i];
		if (q[k].action->type->loss && all.open < TOLD_MAX)
			ask_aws(s, &q[k], &all);
		k++;
	}
	while (all.open && !loop_run(all.loop))
		;
	fprintf(stderr, "\nStep: %s, %zu object%s\n", group[s->at].title, n, n == 1 ? "" : "s");
	for (size_t i = 0; i < n; i++) {
		op_cancel(q[i].op);
		print_question(s, &q[i]);
		free(q[i].text);
	}
	free(q);
}

/* ---- the answer --------------------------------------------------------------------------------------------- */

enum answer { ANSWER_GO, ANSWER_SKIP, ANSWER_STOP };

static int ask(struct steps *s, bool data, enum answer *ret)
{
	const struct cli_answers answers = {
	    .word = {data ? s->w->spec.app : "yes", "skip", "stop"},
	    .otherwise = s->req->otherwise,
	};
	char *question CLEANUP(freep) =
	    data ? xasprintf(
		       "Data would be lost. Type the app's name (%s) to delete this; skip keeps it; stop ends here:",
		       s->w->spec.app)
		 : xstrdup("Delete this? yes; skip keeps it; stop ends here:");
	size_t got = ANSWER_STOP;
	int rc = cli_ask(s->w->cli, question, &answers, &got);

	if (!rc)
		*ret = (enum answer)got;
	return rc;
}

static int plan_again(struct steps *s)
{
	struct plan_request req = {.spec = &s->w->spec, .world = &s->w->world, .flags = s->req->flags, .stay = s->stay};

	plan_release(&s->w->plan);
	return plan_make(&req, &s->w->plan, &s->w->cli->d);
}

/* What else stays because of what was skipped. */
static int skip(struct steps *s)
{
	json_auto_t *before = json_object();
	int rc;

	for (size_t i = 0; i < s->w->plan.n; i++) {
		const struct action *a = &s->w->plan.action[i];

		if (in_step(s, a))
			json_object_set_new(s->stay, a->address, json_true());
		else if (a->act == ACT_DELETE)
			json_object_set_new(before, a->address, json_true());
	}
	s->skipped++;
	rc = plan_again(s);
	for (size_t i = 0; i < s->w->plan.n && !rc; i++) {
		const struct action *a = &s->w->plan.action[i];
		char *address CLEANUP(freep) = printable(a->address),
			      *why CLEANUP(freep) = printable(a->reason ? a->reason : "");

		if (a->act == ACT_KEEP && json_object_get(before, a->address))
			fprintf(stderr, "  = %s stays too: %s\n", address, why);
	}
	return rc;
}

static int go(struct steps *s)
{
	int rc;

	for (size_t i = 0; i < s->w->plan.n; i++)
		s->w->plan.action[i].selected = in_step(s, &s->w->plan.action[i]);
	rc = apply_part(s->w, s->req->parallel);
	s->done += !rc;
	return rc ? rc : plan_again(s);
}

static int stop(const struct steps *s)
{
	struct diag *d = &s->w->cli->d;

	if (!s->done)
		return diag_error(d, ERR_REFUSED, "Not confirmed: nothing was changed.");
	diag_error(d, ERR_REFUSED, "Stopped after %zu step%s: what is left is as it was.", s->done,
		   s->done == 1 ? "" : "s");
	diag_hint(d, "`berth destroy` shows what is left, and goes on from there.");
	return ERR_REFUSED;
}

static int one_step(struct steps *s)
{
	enum answer answer = ANSWER_STOP;
	bool data = false;
	size_t n = count(s, &data);
	int rc;

	if (!n)
		return 0;
	show_step(s, n);
	rc = ask(s, data, &answer);
	if (rc)
		return rc;
	if (answer == ANSWER_STOP)
		return stop(s);
	return answer == ANSWER_SKIP ? skip(s) : go(s);
}

int destroy_steps(struct work *w, const struct destroy_request *req)
{
	struct steps s = {.w = w, .req = req, .stay = json_object()};
	int rc = 0;

	w->farewell =
	    "\nStopped: no further step was begun. `berth destroy` shows what is left, and goes on from there.\n";
	for (s.at = 0; s.at < ARRAY_SIZE(group) && !rc; s.at++)
		rc = one_step(&s);
	w->farewell = NULL;
	if (!rc)
		rc = apply_record(w);
	if (!rc && s.skipped)
		fprintf(stderr,
			"\n%zu step%s done, %zu skipped; what was skipped is as it was. `berth destroy` asks again.\n",
			s.done, s.done == 1 ? "" : "s", s.skipped);
	json_decref(s.stay);
	return rc;
}
