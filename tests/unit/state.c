#include "state/state.h"
#include "base/err.h"
#include "base/mem.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder(void)
{
	char *dir = xstrdup("/tmp/berth-state-XXXXXX");

	if (!mkdtemp(dir))
		abort();
	return dir;
}

static void clean(char *dir)
{
	static const char *const names[] = {"x.db", "x.db-wal", "x.db-shm", "x.db.damaged"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *path CLEANUP(freep) = xasprintf("%s/.berth/%s", dir, names[i]);

		unlink(path);
	}
	char *sub CLEANUP(freep) = xasprintf("%s/.berth", dir);

	rmdir(sub);
	rmdir(dir);
	free(dir);
}

static int sql(const char *path, const char *text)
{
	sqlite3 *db = NULL;
	int rc = sqlite3_open(path, &db);

	if (!rc)
		rc = sqlite3_exec(db, text, NULL, NULL, NULL);
	sqlite3_close(db);
	return rc;
}

static int collect(void *arg, const struct state_object *o)
{
	json_t *out = arg;

	json_array_append_new(out, json_pack("[s, s, O]", o->address, o->type, o->fields));
	return 0;
}

TEST(a_new_file_is_private)
{
	char *dir = folder(), *path CLEANUP(freep) = xasprintf("%s/.berth/x.db", dir);
	struct diag d = {0};
	struct state *s = NULL;
	struct stat st;

	REQUIRE(state_open(path, "gengar", "default", &s, &d) == 0);
	REQUIRE(stat(path, &st) == 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	state_close(s);
	clean(dir);
}

TEST(what_is_put_comes_back_in_order_of_address)
{
	char *dir = folder(), *path CLEANUP(freep) = xasprintf("%s/.berth/x.db", dir);
	json_auto_t *fields = json_pack("{s:s}", "id", "vpc-1"), *out = json_array();
	struct state_object b = {.address = "ec2.vpc.b", .type = "ec2.vpc", .fields = fields};
	struct state_object a = {.address = "ec2.vpc.a", .type = "ec2.vpc", .fields = fields};
	struct diag d = {0};
	struct state *s = NULL;

	REQUIRE(state_open(path, "gengar", "default", &s, &d) == 0);
	CHECK_INT(state_put(s, STATE_LIVE, &b, &d), 0);
	CHECK_INT(state_put(s, STATE_LIVE, &a, &d), 0);
	state_close(s);
	REQUIRE(state_open(path, "gengar", "default", &s, &d) == 0);
	CHECK_INT(state_each(s, STATE_LIVE, collect, out, &d), 0);
	CHECK_JSON(out,
		   "[[\"ec2.vpc.a\",\"ec2.vpc\",{\"id\":\"vpc-1\"}],[\"ec2.vpc.b\",\"ec2.vpc\",{\"id\":\"vpc-1\"}]]");
	json_array_clear(out);
	CHECK_INT(state_replace(s, STATE_LIVE, &b, 1, &d), 0);
	CHECK_INT(state_each(s, STATE_LIVE, collect, out, &d), 0);
	CHECK_INT(json_array_size(out), 1);
	json_array_clear(out);
	CHECK_INT(state_each(s, STATE_APPLIED, collect, out, &d), 0);
	CHECK_INT(json_array_size(out), 0);
	state_close(s);
	clean(dir);
}

TEST(a_damaged_file_is_set_aside)
{
	char *dir = folder(), *path CLEANUP(freep) = xasprintf("%s/.berth/x.db", dir);
	char *aside CLEANUP(freep) = xasprintf("%s.damaged", path);
	char *sub CLEANUP(freep) = xasprintf("%s/.berth", dir);
	struct diag d = {0};
	struct state *s = NULL;
	FILE *f;

	mkdir(sub, 0700);
	f = fopen(path, "w");
	REQUIRE(f != NULL);
	for (int i = 0; i < 1000; i++)
		fputs("this is no database at all ", f);
	fclose(f);
	REQUIRE(state_open(path, "gengar", "default", &s, &d) == 0);
	CHECK_INT(d.errors, 0);
	REQUIRE(d.n == 1);
	CHECK_HAS(d.item[0].text, "damaged");
	CHECK_INT(access(aside, F_OK), 0);
	state_close(s);
	diag_release(&d);
	clean(dir);
}

TEST(a_newer_file_and_another_apps_are_refused)
{
	char *dir = folder(), *path CLEANUP(freep) = xasprintf("%s/.berth/x.db", dir);
	struct diag d = {0};
	struct state *s = NULL;

	REQUIRE(state_open(path, "gengar", "default", &s, &d) == 0);
	state_close(s);
	s = NULL;
	CHECK_INT(state_open(path, "other", "default", &s, &d), ERR_REFUSED);
	CHECK_HAS(d.item[0].text, "gengar");
	diag_release(&d);
	REQUIRE(sql(path, "PRAGMA user_version = 99") == SQLITE_OK);
	CHECK_INT(state_open(path, "gengar", "default", &s, &d), ERR_REFUSED);
	CHECK_HAS(d.item[0].text, "newer");
	diag_release(&d);
	clean(dir);
}

/* Opened after `text` was run on it: set aside and begun anew, as with any damage. */
static void check_set_aside(const char *text)
{
	char *dir = folder(), *path CLEANUP(freep) = xasprintf("%s/.berth/x.db", dir);
	char *aside CLEANUP(freep) = xasprintf("%s.damaged", path);
	struct diag d = {0};
	struct state *s = NULL;
	json_auto_t *rows = json_array();

	REQUIRE(state_open(path, "gengar", "default", &s, &d) == 0);
	state_close(s);
	s = NULL;
	CHECK_INT(sql(path, text), 0);
	CHECK_INT(state_open(path, "gengar", "default", &s, &d), 0);
	CHECK(!access(aside, F_OK));
	CHECK(d.n && strstr(d.item[0].text, "was damaged"));
	if (s)
		CHECK_INT(state_each(s, STATE_LIVE, collect, rows, &d), 0);
	CHECK_INT(json_array_size(rows), 0);
	state_close(s);
	diag_release(&d);
	clean(dir);
}

TEST(a_file_of_no_known_version_is_set_aside)
{
	check_set_aside("PRAGMA user_version = -1");
	check_set_aside("PRAGMA user_version = -2147483648");
}

TEST(tables_that_are_not_ours_are_set_aside)
{
	/* Such a view never ends. */
	check_set_aside("DROP TABLE live; CREATE VIEW live AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1"
			" FROM r) SELECT 'a' || n AS address, 'ec2.vpc' AS type, NULL AS arn, '{}' AS fields,"
			" NULL AS tags, 0 AS read_ms FROM r");
	check_set_aside("ALTER TABLE live RENAME COLUMN fields TO other");
	check_set_aside("DROP TABLE journal; CREATE TABLE journal (id INTEGER PRIMARY KEY)");
	check_set_aside("CREATE TRIGGER t AFTER INSERT ON meta BEGIN DELETE FROM live; END");
}

TEST(a_folder_that_cannot_be_written_is_said)
{
	struct diag d = {0};
	struct state *s = NULL;

	CHECK_INT(state_open("/proc/berth/x.db", "gengar", "default", &s, &d), ERR_IO);
	CHECK_HAS(d.item[0].text, "/proc/berth");
	diag_release(&d);
}

static int note_doubt(void *arg, const struct state_doubt *doubt)
{
	json_array_append_new(arg, json_pack("[s, s, I, I]", doubt->address, doubt->call, (json_int_t)doubt->begun_ms,
					     (json_int_t)doubt->ended_ms));
	return 0;
}

static void check_doubts(struct state *s, int64_t since_ms, const char *want)
{
	json_auto_t *doubts = json_array();
	struct diag d = {0};
	char *text = NULL;

	CHECK_INT(state_each_doubt(s, since_ms, note_doubt, doubts, &d), 0);
	text = json_dumps(doubts, JSON_COMPACT);
	CHECK_STR(text, want);
	free(text);
}

TEST(a_create_is_in_doubt_until_it_was_seen)
{
	char *dir = folder(), *path CLEANUP(freep) = xasprintf("%s/.berth/x.db", dir);
	int64_t run = 0, subnet = 0, vpc = 0, api = 0, lost = 0, table = 0, group = 0;
	struct diag d = {0};
	struct state *s = NULL;

	REQUIRE(state_open(path, "gengar", "default", &s, &d) == 0);
	CHECK(!state_was_cut_off(s));
	CHECK_INT(state_run_begin(s, "apply", 1000, &run, &d), 0);
	CHECK_INT(state_intent(s, run, "ec2.subnet.a", "create", "CreateSubnet", NULL, 1001, &subnet, &d), 0);
	CHECK_INT(state_outcome(s, subnet, "accepted", 1002, &d), 0);
	CHECK_INT(state_seen(s, subnet, "ec2.subnet.a", 1003, &d), 0);
	CHECK_INT(state_intent(s, run, "ec2.vpc.main", "create", "CreateVpc", "token", 1003, &vpc, &d), 0);
	CHECK_INT(state_intent(s, run, "ec2.vpc.main", "update", "ModifyVpcAttribute", NULL, 1003, &table, &d), 0);
	CHECK_INT(state_intent(s, run, "apigateway.api.main", "create", "POST /v2/apis", NULL, 1004, &api, &d), 0);
	CHECK_INT(state_outcome(s, api, "accepted", 1010, &d), 0);
	CHECK_INT(state_intent(s, run, "ec2.route_table.a", "create", "CreateRouteTable", NULL, 1005, &lost, &d), 0);
	CHECK_INT(state_outcome(s, lost, "unknown", 1011, &d), 0);
	CHECK_INT(state_intent(s, run, "ec2.security_group.a", "create", "CreateSecurityGroup", NULL, 1006, &group, &d),
		  0);
	CHECK_INT(state_outcome(s, group, "UnauthorizedOperation", 1012, &d), 0);
	state_close(s);

	REQUIRE(state_open(path, "gengar", "default", &s, &d) == 0);
	CHECK(state_was_cut_off(s));
	check_doubts(s, 1000,
		     "[[\"ec2.vpc.main\",\"CreateVpc\",1003,0],[\"apigateway.api.main\",\"POST /v2/apis\",1004,1010],"
		     "[\"ec2.route_table.a\",\"CreateRouteTable\",1005,1011]]");
	check_doubts(s, 1005, "[[\"ec2.route_table.a\",\"CreateRouteTable\",1005,1011]]");
	/* Of another run, and of whatever came before. */
	CHECK_INT(state_seen(s, 0, "ec2.vpc.main", 1020, &d), 0);
	CHECK_INT(state_seen(s, lost + 1, "ec2.route_table.a", 1020, &d), 0);
	check_doubts(s, 1005, "[[\"ec2.route_table.a\",\"CreateRouteTable\",1005,1011]]");
	CHECK_INT(state_run_end(s, run, "done", 1030, &d), 0);
	CHECK(!state_was_cut_off(s));
	state_close(s);
	clean(dir);
}

TEST(facts_are_kept_and_forgotten)
{
	char *dir = folder(), *path CLEANUP(freep) = xasprintf("%s/.berth/x.db", dir);
	char *value CLEANUP(freep) = NULL;
	struct diag d = {0};
	struct state *s = NULL;

	REQUIRE(state_open(path, "gengar", "default", &s, &d) == 0);
	CHECK_INT(state_set(s, "account", "123456789012", &d), 0);
	value = state_get(s, "account");
	CHECK_STR(value, "123456789012");
	CHECK_INT(state_set(s, "account", NULL, &d), 0);
	CHECK(state_get(s, "account") == NULL);
	state_close(s);
	clean(dir);
}
