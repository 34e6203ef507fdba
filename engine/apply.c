#include "base/err.h"
#include "engine/apply_int.h"
#include "engine/lease.h"
#include "providers/secret.h"
#include "state/state.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define PARALLEL_DEFAULT 32
/* After a first signal: so long for what follows a write, be it a read or a short wait. */
#define PATIENCE_MS 5000
/* What usually takes AWS longer is not waited for at all then. */
#define LONG_S 20

/* ---- scheduling: examine and broadcast
 * -------------------------------------------------------------------------------- */

static unsigned parallel(const struct applier *ap)
{
	return ap->req->parallel ? ap->req->parallel : PARALLEL_DEFAULT;
}

/* What names the parent of a SERIAL_PARENT write; NULL if the type has none. New text. */
static char *parent_of(const struct node *n)
{
	const struct rtype *t = n->action->type;
	json_auto_t *value = NULL;

	if (!(t->flags & SERIAL_PARENT) || !t->parent)
		return NULL;
	if (n->kind == NODE_DELETE)
		value = json_incref(json_object_get(n->action->have->fields, t->parent));
	else
		value = resolve(&n->ap->resolver, json_object_get(n->action->resource->want, t->parent), NULL);
	return value ? val_text(value) : NULL;
}

/* Children of one API are written one at a time: AWS refuses concurrent changes. */
static bool take_parent(struct node *n)
{
	if (!n->parent_key)
		n->parent_key = parent_of(n);
	if (!n->parent_key)
		return true;
	if (json_object_get(n->ap->busy_parents, n->parent_key))
		return false;
	json_object_set_new(n->ap->busy_parents, n->parent_key, json_true());
	n->has_parent = true;
	return true;
}

static bool is_stopping(const struct applier *ap)
{
	return ap->signals > 0 || ap->fenced;
}

static void start(struct node *n)
{
	n->state = NODE_RUNNING;
	n->ap->running++;
	if (n->kind == NODE_NONE)
		node_enter(n, STEP_DONE);
	else
		node_enter(n, STEP_START);
}

static void examine(struct node *n)
{
	struct applier *ap = n->ap;

	if (n->state != NODE_WAITING || n->pending)
		return;
	if (n->kind != NODE_NONE && (is_stopping(ap) || ap->running >= parallel(ap) || !take_parent(n)))
		return;
	start(n);
}

static void block(struct node *n)
{
	struct applier *ap = n->ap;

	if (n->state != NODE_WAITING)
		return;
	n->state = NODE_BLOCKED;
	ap->open--;
	if (n->kind != NODE_NONE) {
		ap->result->blocked++;
		json_array_append_new(ap->result->left_list, json_string(n->action->address));
		node_progress(n, NULL);
	}
	for (size_t i = 0; i < n->n_dependent; i++)
		block(&ap->node[n->dependent[i]]);
}

/* A place is free again, or a parent is: whoever waits only for that may start. */
static void examine_all(void *arg)
{
	struct applier *ap = arg;

	ap->turn = NULL;
	for (size_t i = 0; i < ap->n; i++)
		examine(&ap->node[i]);
	if (!ap->running && (is_stopping(ap) || !ap->open))
		loop_stop(ap->req->session->loop);
}

static void schedule(struct applier *ap)
{
	if (!ap->turn)
		ap->turn = loop_after(ap->req->session->loop, 0, examine_all, ap);
}

/* ---- what the snapshot learns
 * ----------------------------------------------------------------------------------------- */

static void store(struct node *n)
{
	const struct apply_request *req = n->ap->req;
	struct diag trouble = {0};
	json_auto_t *fields = NULL;
	struct state_object o = {.address = n->action->address, .type = n->action->type->name};

	if (!req->state || n->kind == NODE_NONE)
		return;
	if (n->kind == NODE_TAG && !n->action->tags) {
		state_drop(req->state, STATE_LIVE, o.address, &trouble);
		state_drop(req->state, STATE_APPLIED, o.address, &trouble);
	} else if (n->kind == NODE_DELETE) {
		if (n->action->act == ACT_DELETE && !n->action->leftover) {
			state_drop(req->state, STATE_LIVE, o.address, &trouble);
			state_drop(req->state, STATE_APPLIED, o.address, &trouble);
		}
	} else if (n->have) {
		fields = storable_fields(n->have->type, n->have->fields);
		o.arn = n->have->arn;
		o.fields = fields;
		o.tags = n->have->tags;
		o.read_ms = loop_wall(req->session->loop);
		state_put(req->state, STATE_LIVE, &o, &trouble);
		state_put(req->state, STATE_APPLIED, &o, &trouble);
	}
	if (trouble.n && !n->ap->result->unrecorded) {
		n->ap->result->unrecorded = true;
		diag_warn(n->ap->d, "%s Going on: AWS itself knows what is made.", trouble.item[0].text);
	}
	diag_release(&trouble);
}

/* ---- the two events
 * ------------------------------------------------------------------------------------------------------- */

static void on_success(struct node *n)
{
	struct applier *ap = n->ap;

	node_journal_seen(n);
	if (n->kind == NODE_DELETE && n->have)
		world_remove(ap->req->world, n->have);
	store(n);
	if (n->kind != NODE_NONE) {
		ap->result->done++;
		json_array_append_new(ap->result->done_list, json_string(n->action->address));
		node_progress(n, NULL);
	}
	for (size_t i = 0; i < n->n_dependent; i++)
		ap->node[n->dependent[i]].pending--;
}

static void on_failure(struct node *n)
{
	struct applier *ap = n->ap;

	ap->result->failed++;
	json_array_append_new(ap->result->failed_list, json_string(n->action->address));
	node_progress(n, ap->d->n ? ap->d->item[ap->d->n - 1].text : NULL);
	for (size_t i = 0; i < n->n_dependent; i++)
		block(&ap->node[n->dependent[i]]);
}

void applier_node_ended(struct node *n)
{
	struct applier *ap = n->ap;

	ap->running--;
	ap->open--;
	if (n->has_parent)
		json_object_del(ap->busy_parents, n->parent_key);
	if (n->state == NODE_DONE)
		on_success(n);
	else
		on_failure(n);
	schedule(ap);
}

/* May AWS have something of it that its end has not been seen of? */
static bool is_under_way(const struct node *n)
{
	return n->writing || n->accepted || n->ambiguous;
}

bool applier_may_wait(const struct node *n)
{
	unsigned expect_s = n->action->type->expect[n->kind == NODE_CREATE ? 0 : n->kind == NODE_UPDATE ? 1 : 2];

	return !n->ap->signals || (is_under_way(n) && !n->ap->hurried && expect_s < LONG_S);
}

/* Waiting is not work: AWS goes on without us, and the next run takes it up where it finds it. */
void applier_leave(struct node *n)
{
	struct applier *ap = n->ap;

	node_let_go(n);
	ap->running--;
	n->left = true;
	schedule(ap);
}

static void end_patience(void *arg)
{
	struct applier *ap = arg;

	ap->patience = NULL;
	ap->hurried = true;
	if (!ap->writing)
		loop_stop(ap->req->session->loop);
}

/* Calls that write are waited for, and what ends soon after them; what has not begun to write, or waits long, is left.
 */
static void stop_gently(struct applier *ap)
{
	for (size_t i = 0; i < ap->n; i++) {
		struct node *n = &ap->node[i];

		if (n->state == NODE_RUNNING && !n->left && (!is_under_way(n) || (n->timer && !applier_may_wait(n))))
			applier_leave(n);
	}
	ap->patience = loop_after(ap->req->session->loop, PATIENCE_MS, end_patience, ap);
}

static void on_signal(void *arg, int signo)
{
	struct applier *ap = arg;

	(void)signo;
	if (++ap->signals > 1 || !ap->running) {
		loop_stop(ap->req->session->loop);
		return;
	}
	if (ap->req->interrupted)
		ap->req->interrupted(ap->req->arg);
	stop_gently(ap);
}

/* Somebody else may write from now on: what is under way ends, and nothing else begins. */
static void on_loss(void *arg)
{
	struct applier *ap = arg;

	ap->fenced = true;
	if (!ap->writing)
		loop_stop(ap->req->session->loop);
}

/* ---- resolver: what is there by now
 * ------------------------------------------------------------------------------------------- */

static struct target live_target(void *arg, const char *address)
{
	struct applier *ap = arg;
	const struct object *o = world_find(ap->req->world, address);
	const struct resource *res = ap->req->spec ? spec_find(ap->req->spec, address) : NULL;

	return (struct target){.have = o ? o->fields : NULL, .type = o ? o->type : res ? res->type : NULL};
}

/* ---- run
 * ------------------------------------------------------------------------------------------------------------------------
 */

static void count_not_tried(struct applier *ap)
{
	for (size_t i = 0; i < ap->n; i++) {
		struct node *n = &ap->node[i];

		if (n->kind == NODE_NONE || (n->state != NODE_WAITING && n->state != NODE_RUNNING))
			continue;
		if (n->state == NODE_RUNNING && is_under_way(n)) {
			/* Stopped in the middle of it: what has become of it, the next plan will tell. */
			json_array_append_new(ap->result->under_way_list, json_string(n->action->address));
			continue;
		}
		n->state = NODE_NOT_TRIED;
		ap->result->not_tried++;
		json_array_append_new(ap->result->left_list, json_string(n->action->address));
	}
}

/* Nothing of the run may be left in the loop: it lives on. */
static void let_go(struct applier *ap)
{
	loop_cancel(ap->req->session->loop, ap->turn);
	loop_cancel(ap->req->session->loop, ap->patience);
	ap->turn = ap->patience = NULL;
	for (size_t i = 0; i < ap->n; i++)
		node_let_go(&ap->node[i]);
}

static int run_loop(struct applier *ap)
{
	struct loop *loop = ap->req->session->loop;
	struct lease *lease = ap->req->lease;
	int rc = 0;

	if (lease)
		lease_on_loss(lease, on_loss, ap);
	ap->fenced = lease && !lease_may_write(lease);
	schedule(ap);
	loop_on_signal(loop, on_signal, ap);
	if (!ap->fenced)
		rc = loop_run(loop);
	loop_on_signal(loop, NULL, NULL);
	if (lease)
		lease_on_loss(lease, NULL, NULL);
	return rc;
}

/* The lease and its reasons are looked up only now, when nothing of the run is left in the loop. */
static int explain_end(struct applier *ap, int rc)
{
	if (ap->fenced && (ap->open || ap->rc))
		return lease_explain_loss(ap->req->lease, ap->d);
	if (ap->signals && ap->open) {
		ap->result->interrupted = true;
		diag_error(ap->d, ERR_CANCELLED, "Interrupted.");
		return ERR_CANCELLED;
	}
	return rc ? rc : ap->rc;
}

static int run_nodes(struct applier *ap)
{
	int rc;

	ap->open = ap->n;
	rc = run_loop(ap);
	if (!rc && !is_stopping(ap) && ap->open)
		BUG("%zu steps wait for each other", ap->open);
	ap->result->abandoned = ap->writing > 0 || ap->signals > 1;
	count_not_tried(ap);
	let_go(ap);
	return explain_end(ap, rc);
}

static int run_recorded(struct applier *ap)
{
	const struct apply_request *req = ap->req;
	const char *kind = req->plan->destroy ? "destroy" : "apply";
	struct diag ignored = {0};
	int rc;

	if (!req->state)
		return run_nodes(ap);
	rc = state_run_begin(req->state, kind, loop_wall(req->session->loop), &ap->run, ap->d);
	if (rc) {
		count_not_tried(ap);
		return rc;
	}
	rc = run_nodes(ap);
	/* What could not be written before is told already, and this line is only for whoever reads the journal. */
	state_run_end(req->state, ap->run, rc ? err_text(rc) : "done", loop_wall(req->session->loop), &ignored);
	diag_release(&ignored);
	return rc;
}

static void release(struct applier *ap)
{
	let_go(ap);
	for (size_t i = 0; i < ap->n; i++)
		node_release(&ap->node[i]);
	free(ap->node);
	json_wipe(ap->secrets);
	json_decref(ap->busy_parents);
	json_decref(ap->looked_at);
}

int apply_plan(const struct apply_request *req, struct apply_result *ret, struct diag *d)
{
	struct applier ap = {.req = req,
			     .result = ret,
			     .d = d,
			     .secrets = json_object(),
			     .busy_parents = json_object(),
			     .looked_at = json_object()};
	struct apply_graph g;
	int rc;

	*ret = (struct apply_result){.done_list = json_array(),
				     .failed_list = json_array(),
				     .left_list = json_array(),
				     .proof_list = json_array(),
				     .under_way_list = json_array()};
	ap.resolver = (struct resolver){
	    .world = req->world, .spec = req->spec, .find = live_target, .secret = applier_secret, .arg = &ap};
	rc = apply_graph_make(&g, &ap);
	ap.node = g.node;
	ap.n = g.n;
	if (!rc)
		rc = run_recorded(&ap);
	release(&ap);
	return rc;
}

void apply_result_release(struct apply_result *r)
{
	json_decref(r->done_list);
	json_decref(r->failed_list);
	json_decref(r->left_list);
	json_decref(r->proof_list);
	json_decref(r->under_way_list);
	*r = (struct apply_result){0};
}
