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

static void say_failure(const struct work *w, const struct apply_result *r)
{
	FILE *to = stderr;

	(void)w;
	fputc('\n', to);
	list(to, "Done", r->done_list);
	list(to, "Failed", r->failed_list);
	list(to, "Not tried", r->left_list);
	fputs("Nothing is lost: what was made bears its tags. Run the same command again to go on.\n", to);
}

static void say_success(const struct work *w, const struct apply_result *r, int64_t ms)
{
	struct client_stats stats = client_stats(w->session.client);

	fprintf(stderr, "\n%s: %zu step%s in %.1f s, %u calls to AWS.\n", w->plan.destroy ? "Destroyed" : "Applied",
		r->done, r->done == 1 ? "" : "s", (double)ms / 1000, stats.calls);
}

static json_t *result_to_json(const struct apply_result *r, int rc)
{
	return json_pack("{s:b, s:O, s:O, s:O, s:b}", "ok", rc == 0, "done", r->done_list, "failed", r->failed_list,
			 "not_tried", r->left_list, "interrupted", (int)r->interrupted);
}

static int record(struct work *w)
{
	char *now CLEANUP(freep) = xasprintf("%lld", (long long)loop_wall(w->session.loop));
	int rc = w->plan.destroy ? 0 : work_record_applied(w);

	return rc ? rc : state_set(w->state, "last_apply_ms", now, &w->cli->d);
}

int apply_and_report(struct work *w, unsigned parallel)
{
	struct cli *cli = w->cli;
	struct apply_request req = {.session = &w->session,
				    .world = &w->world,
				    .spec = &w->spec,
				    .plan = &w->plan,
				    .state = w->state,
				    .parallel = parallel,
				    .progress = progress_show};
	struct apply_result result;
	struct progress_view *view;
	int64_t begun = loop_now(w->session.loop);
	int rc;

	if (plan_is_empty(&w->plan)) {
		rc = record(w);
		if (!rc && cli->g.json)
			cli_json("result",
				 json_pack("{s:b, s:[], s:[], s:[]}", "ok", 1, "done", "failed", "not_tried"));
		return rc;
	}
	view = progress_new(stderr, cli->err_tty && !cli->g.json, cli->err_color, cli->g.json);
	req.arg = view;
	rc = apply_plan(&req, &result, &cli->d);
	progress_free(view);
	if (!rc)
		rc = record(w);
	if (cli->g.json)
		cli_json("result", result_to_json(&result, rc));
	else if (rc)
		say_failure(w, &result);
	else
		say_success(w, &result, loop_now(w->session.loop) - begun);
	apply_result_release(&result);
	return rc;
}
