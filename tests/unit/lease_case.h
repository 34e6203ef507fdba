/*
 * lease_case - a model of the one parameter that a lease is, with AWS's rules: a put without overwrite fails if it is
 * there, one with overwrite never does, each makes the next version, a delete forgets them all. Requests travel, may
 * take effect long after nobody waits for them, and answers may be lost. Time is the loop's, and costs none.
 */
#pragma once

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/value.h"
#include "engine/lease.h"
#include "engine/lease_record.h"
#include "tests/unit/test.h"

#define AWS_EPOCH 1790000000000 /* ms since 1970 when the clock of a case stands at 0 */
#define AWS_KEEPS 100

struct aws {
	struct loop *loop;
	int64_t now;  /* ms; the loop's clock */
	char **value; /* versions 1.. */
	int64_t n;    /* newest version, 0: no parameter */
	unsigned puts, gets, removes;
	/* Weather: travel time up to so many ms, and shares out of 100. */
	int64_t travel_ms, late_ms;
	int lost, late, broken;
	bool down; /* nothing is answered, nothing takes effect */
};

enum flight_kind { FLIGHT_PUT, FLIGHT_GET, FLIGHT_REMOVE };

struct store {
	struct aws *aws;
	struct lease *lease;
	struct flight *flight;
};

struct flight {
	struct store *store; /* NULL: nobody waits for it */
	struct aws *aws;
	enum flight_kind kind;
	bool overwrite;
	char *value;
	int64_t version;
	struct lease_reply reply;
	char *told;
};

static inline int64_t model_now(void *arg)
{
	return ((struct aws *)arg)->now;
}

/* Nobody's own clock is right: AWS's counts. */
static inline int64_t model_wall(void *arg)
{
	return AWS_EPOCH - 3600000 + ((struct aws *)arg)->now;
}

static inline void model_advance(void *arg, int64_t ms)
{
	((struct aws *)arg)->now += ms;
}

static inline void aws_open(struct aws *a)
{
	*a = (struct aws){.loop = loop_new(), .now = 0};
	loop_set_clock(a->loop, &(struct loop_clock){model_now, model_wall, model_advance, a});
	loop_seed(a->loop, 1);
}

static inline void aws_forget(struct aws *a)
{
	for (int64_t i = 0; i < a->n; i++)
		free(a->value[i]);
	free(a->value);
	a->value = NULL;
	a->n = 0;
}

static inline void aws_close(struct aws *a)
{
	aws_forget(a);
	loop_free(a->loop);
}

static inline int64_t aws_put(struct aws *a, const char *value)
{
	a->value = xrealloc(a->value, (size_t)a->n + 1, sizeof(*a->value));
	a->value[a->n++] = xstrdup(value);
	return a->n;
}

static inline int aws_chance(struct aws *a, int of)
{
	return (int)(loop_random(a->loop) * of);
}

static inline void flight_free(struct flight *f)
{
	free(f->value);
	free(f->told);
	free(f);
}

static inline void flight_landed(void *arg)
{
	struct flight *f = arg;
	struct diag d = {0};

	if (f->store) {
		f->store->flight = NULL;
		if (f->reply.outcome == LEASE_FAILED)
			f->reply.err = diag_error(&d, ERR_NETWORK, "no answer.");
		f->reply.value = f->told;
		f->reply.d = &d;
		lease_answered(f->store->lease, &f->reply);
		diag_release(&d);
	}
	flight_free(f);
}

static inline void flight_effect(struct flight *f)
{
	struct aws *a = f->aws;
	int64_t v = f->version ? f->version : a->n;

	if (f->kind == FLIGHT_PUT) {
		a->puts++;
		f->reply.outcome = a->n && !f->overwrite ? LEASE_EXISTS : LEASE_OK;
		if (f->reply.outcome == LEASE_OK)
			f->reply.version = aws_put(a, f->value);
	} else if (f->kind == FLIGHT_REMOVE) {
		a->removes++;
		f->reply.outcome = a->n ? LEASE_OK : LEASE_ABSENT;
		aws_forget(a);
	} else {
		a->gets++;
		f->reply.outcome = v && v <= a->n && v > a->n - AWS_KEEPS ? LEASE_OK : LEASE_ABSENT;
		if (f->reply.outcome == LEASE_OK) {
			f->told = xstrdup(a->value[v - 1]);
			f->reply.version = v;
		}
	}
}

static inline void flight_arrived(void *arg)
{
	struct flight *f = arg;
	struct aws *a = f->aws;
	bool lost = aws_chance(a, 100) < a->lost;

	if (a->down || aws_chance(a, 100) < a->broken)
		f->reply.outcome = LEASE_FAILED;
	else
		flight_effect(f);
	if (lost)
		f->reply.outcome = f->kind == FLIGHT_GET ? LEASE_FAILED : LEASE_UNSURE;
	loop_after(a->loop, (int64_t)(loop_random(a->loop) * (double)a->travel_ms), flight_landed, f);
}

static inline void flight_start(struct store *s, enum flight_kind kind, const char *value, bool overwrite,
				int64_t version)
{
	struct aws *a = s->aws;
	struct flight *f = xcalloc(1, sizeof(*f));
	int64_t ms = (int64_t)(loop_random(a->loop) * (double)a->travel_ms);

	if (s->flight)
		BUG("two requests of one lease at a time");
	*f = (struct flight){.store = s,
			     .aws = a,
			     .kind = kind,
			     .overwrite = overwrite,
			     .value = value ? xstrdup(value) : NULL,
			     .version = version};
	s->flight = f;
	/* Any put may be late. A delete may not: it is what the margin is for. */
	if (kind != FLIGHT_REMOVE && aws_chance(a, 100) < a->late)
		ms += (int64_t)(loop_random(a->loop) * (double)a->late_ms);
	loop_after(a->loop, ms, flight_arrived, f);
}

static inline void store_put(void *arg, const char *value, bool overwrite)
{
	flight_start(arg, FLIGHT_PUT, value, overwrite, 0);
}

static inline void store_get(void *arg, int64_t version)
{
	flight_start(arg, FLIGHT_GET, NULL, false, version);
}

static inline void store_remove(void *arg)
{
	flight_start(arg, FLIGHT_REMOVE, NULL, false, 0);
}

static inline void store_cancel(void *arg)
{
	struct store *s = arg;

	if (s->flight)
		s->flight->store = NULL;
	s->flight = NULL;
}

/* As the Date of an answer tells it: to the second. */
static inline int64_t store_now(void *arg)
{
	int64_t ms = AWS_EPOCH + ((struct store *)arg)->aws->now;

	return ms - ms % 1000;
}

static inline void store_release(void *arg)
{
	free(arg);
}

/* A run of somebody on `host`. The lease ends with lease_free(). */
static inline struct lease *model_lease(struct aws *a, const char *host, int64_t length_ms, int64_t wait_ms)
{
	struct store *s = xcalloc(1, sizeof(*s));
	struct lease_options o = {.loop = a->loop,
				  .name = "/berth/demo/lease",
				  .owner = "arn:aws:iam::123456789012:user/ops",
				  .host = host,
				  .command = "apply",
				  .length_ms = length_ms,
				  .wait_ms = wait_ms};
	struct lease_store store = {s, store_put, store_get, store_remove, store_cancel, store_now, store_release};

	s->aws = a;
	s->lease = lease_new(&o, &store);
	return s->lease;
}

/* ---- what cases share ---- */

#define LENGTH 60000
#define RENEWED 15000 /* a quarter */
#define FENCED 50000  /* all but a sixth */

static inline void stop(void *arg)
{
	loop_stop(arg);
}

/* Lets time pass. */
static inline void wait_ms(struct aws *a, int64_t ms)
{
	loop_after(a->loop, ms, stop, a->loop);
	loop_run(a->loop);
}

/* Makes the record of a run on host `other`, begun now; `process` NULL: of some other machine. */
static inline char *record_of(const struct aws *a, int64_t deadline_in_ms, int64_t after, const char *over,
			      const json_t *process)
{
	struct lease_record_options o = {.owner = "arn:aws:iam::123456789012:user/other",
					 .host = "other",
					 .command = "destroy",
					 .run = "0123456789abcdef0123456789abcdef",
					 .began = AWS_EPOCH + a->now - 60000,
					 .now = AWS_EPOCH + a->now + deadline_in_ms - LENGTH,
					 .deadline = AWS_EPOCH + a->now + deadline_in_ms - 999,
					 .after = after,
					 .over = over,
					 .serial = 1};
	char *text CLEANUP(freep) = lease_record_text(&o);
	json_auto_t *r = json_loads(text, 0, NULL);

	json_object_set_new(r, "process", process ? json_deep_copy(process) : json_object());
	return val_text(r);
}

static inline void other_holds(struct aws *a, int64_t deadline_in_ms, const json_t *process)
{
	char *text CLEANUP(freep) = record_of(a, deadline_in_ms, a->n, a->n ? a->value[a->n - 1] : NULL, process);

	aws_put(a, text);
}

static inline int take(struct lease *l, struct diag *d)
{
	diag_release(d);
	return lease_take_now(l, d);
}

static inline void note_loss(void *arg)
{
	++*(int *)arg;
}

static inline void held(struct aws *a)
{
	other_holds(a, 30000, NULL);
}

static inline void passed(struct aws *a)
{
	other_holds(a, -4000, NULL);
}

static inline void garbage(struct aws *a)
{
	aws_put(a, "not json");
}
