#include "cli/apply.h"
#include "base/err.h"
#include "cli/render.h"

#include <stdlib.h>

static void list(FILE *to, const char *title, const json_t *addresses)
{
	if (!json_array_size(addresses))
		return;
	fprintf(to, "%s:", title);
	for (size_t i = 0; i < json_array_size(addresses); i++) {
		char *text CLEANUP(freep) = printable(json_string_value(json_array_get(addresses, i)));

		fprintf(to, "%s %s", i ? "," : "", text);
	}
	fputc('\n', to);
}

/* What is left of what is gone: the final snapshot. */
static void list_proofs(const struct apply_result *r)
{
	for (size_t i = 0; i < json_array_size(r->proof_list); i++) {
		char *text CLEANUP(freep) = printable(json_string_value(json_array_get(r->proof_list, i)));

		fprintf(stderr, "\n%s\n", text);
	}
}

/* The reasons first, so that the last lines tell how things stand. */
static void say_failure(struct work *w, const struct apply_result *r)
{
	fputc('\n', stderr);
	cli_report(w->cli);
	fputc('\n', stderr);
	list(stderr, "Done", r->done_list);
	list(stderr, "Failed", r->failed_list);
	list(stderr,
	     r->abandoned ? "Under way, the next plan will tell what became of it"
			  : "AWS is still at work on it, and the next run goes on from there",
	     r->under_way_list);
	list(stderr, "Not tried", r->left_list);
	list_proofs(r);
	fputs("Running the same command again is safe: it goes on from here, and makes nothing twice.\n", stderr);
}

static void say_success(const struct work *w, const struct apply_result *r, int64_t ms)
{
	struct client_stats stats = client_stats(w->session.client);

	list_proofs(r);
	fprintf(stderr, "\n%s: %zu step%s in %.1f s, %u calls to AWS.\n", w->plan.destroy ? "Destroyed" : "Applied",
		r->done, r->done == 1 ? "" : "s", (double)ms / 1000, stats.calls);
}

static void result_json(const struct apply_result *r, int rc)
{
	cli_json("result", json_pack("{s:b, s:O, s:O, s:O, s:O, s:O, s:b}", "ok", rc == 0, "done", r->done_list,
				     "failed", r->failed_list, "under_way", r->under_way_list, "not_tried",
				     r->left_list, "proofs", r->proof_list, "interrupted", (int)r->interrupted));
}

int apply_record(struct work *w)
{
	char *now CLEANUP(freep) = xasprintf("%lld", (long long)loop_wall(w->session.loop));
	size_t from = w->cli->d.n;
	int rc = state_in_place(w->state, &w->cli->d);

	if (!rc)
		rc = w->plan.destroy ? work_record_destroyed(w) : work_record_applied(w);
	if (!rc)
		rc = state_set(w->state, "last_apply_ms", now, &w->cli->d);
	if (rc)
		diag_prefix(&w->cli->d, from, "All is done in AWS, but what `drift` compares with was not recorded");
	return rc;
}

static int settle_empty(struct work *w)
{
	struct apply_result none = {.done_list = json_array(),
				    .failed_list = json_array(),
				    .left_list = json_array(),
				    .proof_list = json_array(),
				    .under_way_list = json_array()};
	int rc = apply_record(w);

	if (w->cli->g.json)
		result_json(&none, rc);
	apply_result_release(&none);
	return rc;
}

static int carry_out(struct work *w, unsigned parallel, struct apply_result *result)
{
	struct cli *cli = w->cli;
	struct apply_request req = {.session = &w->session,
				    .world = &w->world,
				    .spec = &w->spec,
				    .plan = &w->plan,
				    .state = w->state,
				    .lease = w->lease,
				    .doubts = &w->doubts,
				    .parallel = parallel,
				    .progress = progress_show,
				    .interrupted = progress_interrupted};
	struct progress_view *view;
	int rc;

	view = progress_new(w->session.loop, stderr,
			    cli->g.json     ? PROGRESS_JSON
			    : cli->err_live ? PROGRESS_LIVE
					    : PROGRESS_PLAIN,
			    cli->err_color);
	req.arg = view;
	rc = apply_plan(&req, result, &cli->d);
	work_relock(w, result->abandoned);
	progress_free(view);
	return rc;
}

/* The lease is on its way back after a signal: it ends there. */
static void leave_if_told(struct work *w)
{
	if (w->leaving)
		work_unlock(w);
}

static int do_and_say(struct work *w, unsigned parallel, struct apply_result *result)
{
	int64_t begun = loop_now(w->session.loop);
	int rc = carry_out(w, parallel, result);

	if (rc && !w->cli->g.json)
		say_failure(w, result);
	else if (!w->cli->g.json)
		say_success(w, result, loop_now(w->session.loop) - begun);
	return rc;
}

int apply_part(struct work *w, unsigned parallel)
{
	struct apply_result result;
	int rc;

	leave_if_told(w);
	rc = do_and_say(w, parallel, &result);
	apply_result_release(&result);
	return rc;
}

int apply_and_report(struct work *w, unsigned parallel)
{
	struct apply_result result;
	int rc;

	leave_if_told(w);
	if (plan_is_empty(&w->plan))
		return settle_empty(w);
	rc = do_and_say(w, parallel, &result);
	if (!rc)
		rc = apply_record(w);
	if (w->cli->g.json)
		result_json(&result, rc);
	apply_result_release(&result);
	return rc;
}

int apply_show(struct work *w)
{
	struct cli *cli = w->cli;
	struct render r = {
	    .to = stdout, .color = cli->out_color, .verbose = cli->g.verbose, .width = render_width(stdout)};

	if (cli->g.json)
		cli_json("plan", plan_to_json(&w->plan, &w->spec, &w->world));
	else
		render_plan(&r, &w->plan, &w->spec, &w->world);
	if (!output_lost())
		return 0;
	diag_error(&cli->d, ERR_IO, "The plan could not be written to standard output.");
	diag_hint(&cli->d, "Nothing was changed: nobody could have seen what.");
	return ERR_IO;
}

int apply_confirm_destroy(struct work *w, const char *otherwise)
{
	char *question CLEANUP(freep) = NULL;
	bool data = false;

	for (size_t i = 0; i < w->plan.n; i++)
		data |= w->plan.action[i].act == ACT_DELETE && w->plan.action[i].risk == RISK_DATA;
	question = xasprintf(
	    "\nDestroy all of this%s? Type the app's name (%s) to go on:", data ? ", data included" : "", w->spec.app);
	return cli_confirm(w->cli, question, w->spec.app, otherwise);
}
