#include "integration/doctor_scene.h"

#include "support/testdb.h"

#include "base/text.h"

#include <check.h>
#include <ctype.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS_MAX = 4 };

static char role[32];
static char owner_url[300]; /* the superuser's, as whom a person applies a hint */
static char role_url[300];
static const char *config;

const char *doctor_role(void)
{
    return role;
}

void doctor_set_config(const char *path)
{
    config = path;
}

/* ---- The scene ---- */

/*
 * The pooler's sessions would go on with the role's settings of before. It closes them itself, and
 * says when it has: a session that we ended might still be given to somebody.
 */
static void renew_pool(void)
{
    char conninfo[300];
    char command[100];
    PGconn *console;

    snprintf(conninfo, sizeof conninfo, "port=%s dbname=pgbouncer", getenv("PGPORT"));
    console = PQconnectdb(conninfo);
    ck_assert_msg(PQstatus(console) == CONNECTION_OK, "%s", PQerrorMessage(console));
    snprintf(command, sizeof command, "RECONNECT %s", getenv("PGDATABASE"));
    for (int i = 0; i < 2; i++) {
        PGresult *result = PQexec(console, command);

        ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK, "%s", PQerrorMessage(console));
        PQclear(result);
        snprintf(command, sizeof command, "WAIT_CLOSE %s", getenv("PGDATABASE"));
    }
    PQfinish(console);
}

void doctor_exec(const char *sql)
{
    struct text text = {0};

    while (*sql != '\0') {
        const char *at = strstr(sql, "{role}");
        size_t length = at != NULL ? (size_t)(at - sql) : strlen(sql);

        text_append(&text, sql, length);
        sql += length;
        if (at != NULL) {
            text_add(&text, role);
            sql += strlen("{role}");
        }
    }
    testdb_exec("%s", text_string(&text));
    text_free(&text);
    if (testdb_has_pool())
        renew_pool();
}

static void set_url(char url[300], const char *user, const char *password)
{
    snprintf(url, 300, "postgresql://%s:%s@%s:%s/%s", user, password, getenv("PGHOST"),
             getenv("PGPORT"), getenv("PGDATABASE"));
}

/* Not where a test's views stand for the two tables. */
static bool doctor_can_seed(void)
{
    return testdb_number("SELECT count(*) FROM pg_attribute AS a JOIN pg_class AS c"
                         " ON c.oid = a.attrelid WHERE c.relkind = 'r' AND a.attnum > 0"
                         " AND NOT a.attisdropped AND c.oid IN (to_regclass('organizations'),"
                         " to_regclass('organization_integrations'))") == 8;
}

/* A schedule that is not due while a test runs. */
static void doctor_seed(void)
{
    if (!doctor_can_seed())
        return;
    doctor_exec("INSERT INTO organizations VALUES ('00000000-0000-4000-8000-0000000000d0', 'D')"
                " ON CONFLICT DO NOTHING;"
                "INSERT INTO organization_integrations VALUES"
                " ('00000000-0000-4000-8000-0000000000d0', '00000000-0000-4000-8000-0000000000d1',"
                " 'xledger', '0 0 29 2 *', true)");
}

void doctor_open(void)
{
    scene_open();
    config = "/dev/null";
    snprintf(role, sizeof role, "doctor_role_%ld", (long)getpid());
    doctor_exec(
        "DO $$ BEGIN IF to_regrole('{role}') IS NOT NULL THEN"
        " EXECUTE 'DROP OWNED BY {role}; DROP ROLE {role}'; END IF; END $$;"
        "CREATE ROLE {role} LOGIN BYPASSRLS PASSWORD 'hush-hush';"
        "GRANT SELECT ON organizations, organization_integrations, sync_prune_state TO {role};"
        "GRANT SELECT, INSERT, UPDATE ON sync_run_log, sync_schedule_state,"
        " sync_schedule_journal, sync_trigger_state, sync_database_state, sync_throttle_state"
        " TO {role};"
        "INSERT INTO sync_trigger_state VALUES ('cron', 'host', now() - interval '20 s')");
    doctor_seed();
    set_url(owner_url, getenv("PGUSER"), getenv("PGPASSWORD"));
    set_url(role_url, role, "hush-hush");
    setenv("SUPABASE_DB_URL", role_url, 1);
    setenv("SUPABASE_URL", function_url(scene_function()), 1);
    setenv("SUPABASE_SERVICE_ROLE_KEY", SCENE_KEY, 1);
    unsetenv("SUPABASE_SECRET_KEY");
    unsetenv("SUPABASE_SERVICE_ROLE_KEY_FILE");
    unsetenv("SYNCSCHED_FUNCTION");
    unsetenv("SYNCSCHED_FUNCTION_URL");
}

void doctor_close(void)
{
    testdb_drop_role(role);
    scene_close();
}

/* ---- Diagnosis ---- */

struct diagnosis doctor_diagnose(void)
{
    const char *const argv[] = {scene_program(), "doctor", "--json", "--config", config, NULL};
    struct program_result result = program_run(argv, NULL);
    struct diagnosis diagnosis = {.status = result.status, .wall_ms = result.wall_ms};
    json_t *json = json_loads(result.out, JSON_REJECT_DUPLICATES, NULL);
    json_t *finding;
    size_t i;

    ck_assert_msg(json != NULL && *result.err == '\0', "exit %d: %s%s", result.status, result.out,
                  result.err);
    diagnosis.findings = json_incref(json_object_get(json, "findings"));
    json_array_foreach(diagnosis.findings, i, finding)
    {
        const char *state = json_string_value(json_object_get(finding, "state"));

        diagnosis.failed += strcmp(state, "fail") == 0 ? 1 : 0;
        diagnosis.warned += strcmp(state, "warning") == 0 ? 1 : 0;
    }
    ck_assert_int_eq(json_is_true(json_object_get(json, "ready")), diagnosis.failed == 0);
    ck_assert_msg(result.status == (diagnosis.failed > 0 ? 1 : 0), "exit %d: %s", result.status,
                  result.out);
    json_decref(json);
    program_result_free(&result);
    return diagnosis;
}

void diagnosis_free(struct diagnosis *diagnosis)
{
    json_decref(diagnosis->findings);
}

const char *diagnosis_text(const struct diagnosis *diagnosis, size_t index, const char *member)
{
    const json_t *finding = json_array_get(diagnosis->findings, index);
    const char *text = json_string_value(json_object_get(finding, member));

    return text != NULL ? text : "";
}

size_t diagnosis_first(const struct diagnosis *diagnosis)
{
    size_t i = 0;

    while (i < json_array_size(diagnosis->findings) &&
           strcmp(diagnosis_text(diagnosis, i, "state"), "fail") != 0 &&
           strcmp(diagnosis_text(diagnosis, i, "state"), "warning") != 0)
        i++;
    return i;
}

size_t diagnosis_find(const struct diagnosis *diagnosis, const char *check)
{
    size_t i = 0;

    while (i < json_array_size(diagnosis->findings) &&
           strcmp(diagnosis_text(diagnosis, i, "check"), check) != 0)
        i++;
    ck_assert_msg(i < json_array_size(diagnosis->findings), "no finding of %s", check);
    return i;
}

/* ---- Expectations ---- */

static void fail_with(const struct diagnosis *diagnosis, const char *expected)
{
    char *json = json_dumps(diagnosis->findings, JSON_INDENT(1));

    ck_abort_msg("not %s: %s", expected, json);
}

void doctor_expect_good(void)
{
    struct diagnosis diagnosis = doctor_diagnose();

    if (diagnosis.failed + diagnosis.warned > 0)
        fail_with(&diagnosis, "good");
    diagnosis_free(&diagnosis);
}

char *doctor_expect_fault(const char *check, const char *state, const char *message, bool is_alone)
{
    struct diagnosis diagnosis = doctor_diagnose();
    size_t first = diagnosis_first(&diagnosis);
    char *hint = strdup(diagnosis_text(&diagnosis, first, "hint"));

    if (strcmp(diagnosis_text(&diagnosis, first, "check"), check) != 0 ||
        strcmp(diagnosis_text(&diagnosis, first, "state"), state) != 0 ||
        strstr(diagnosis_text(&diagnosis, first, "message"), message) == NULL ||
        (is_alone && diagnosis.failed + diagnosis.warned != 1))
        fail_with(&diagnosis, message);
    diagnosis_free(&diagnosis);
    return hint;
}

/* ---- Hints ---- */

static void run_shell(const char *line)
{
    const char *const argv[] = {"sh", "-ec", line, NULL};
    struct program_result result = program_run(argv, NULL);

    ck_assert_msg(result.status == 0, "exit %d of: %s\n%s%s", result.status, line, result.out,
                  result.err);
    program_result_free(&result);
}

/* What a person does who is shown a row that is not valid. */
static void doctor_correct(const char *hint)
{
    char *rows = strdup(strstr(hint, "WHERE"));

    *strchr(rows, ';') = '\0';
    testdb_exec("INSERT INTO organizations SELECT org_id FROM organization_integrations %s"
                " ON CONFLICT DO NOTHING;"
                "UPDATE organizations SET timezone = NULL"
                " WHERE id = (SELECT org_id FROM organization_integrations %s);"
                "UPDATE organization_integrations SET cron_schedule = '0 0 29 2 *',"
                " integration_type = 'xledger' %s",
                rows, rows, rows);
    free(rows);
}

void doctor_apply(const char *hint)
{
    static const char crontab[] = "* * * * *  ";
    static const char show_line[] = "grep -n '";
    char typed[2000];

    if (strncmp(hint, "unset ", strlen("unset ")) == 0) {
        unsetenv(hint + strlen("unset "));
    } else if (strncmp(hint, crontab, strlen(crontab)) == 0) {
        run_shell(hint + strlen(crontab));
    } else if (strncmp(hint, show_line, strlen(show_line)) == 0) {
        /* The hint shows the line, and a person removes it. */
        snprintf(typed, sizeof typed, "sed -i '/%.*s/d' %s",
                 (int)strcspn(hint + strlen(show_line), "'"), hint + strlen(show_line),
                 strchr(hint + strlen(show_line), '\'') + 1);
        run_shell(typed);
    } else if (strstr(hint, "; -- correct it") != NULL) {
        doctor_correct(hint);
    } else if (strstr(hint, "; -- give one a cron_schedule") != NULL) {
        doctor_seed();
    } else if (isupper((unsigned char)hint[0])) {
        doctor_exec(hint);
    } else { /* with the rights of whoever owns the tables */
        if (getenv("SUPABASE_DB_URL") != NULL)
            setenv("SUPABASE_DB_URL", owner_url, 1);
        /* There is no terminal on which it could ask. */
        snprintf(typed, sizeof typed, "%s%s", hint,
                 strstr(hint, " schema --apply") != NULL ? " --yes" : "");
        run_shell(typed);
        if (getenv("SUPABASE_DB_URL") != NULL)
            setenv("SUPABASE_DB_URL", role_url, 1);
    }
}

static size_t doctor_has_no_schedule(const struct diagnosis *diagnosis)
{
    for (size_t i = 0; i < json_array_size(diagnosis->findings); i++)
        if (strncmp(diagnosis_text(diagnosis, i, "message"), "0 enabled schedules", 19) == 0)
            return 1;
    return 0;
}

void doctor_mend_all(void)
{
    for (int round = 0; round < ROUNDS_MAX; round++) {
        struct diagnosis diagnosis = doctor_diagnose();
        size_t wrong = diagnosis.failed + diagnosis.warned;

        if (!doctor_can_seed())
            wrong -= doctor_has_no_schedule(&diagnosis);

        for (size_t i = 0; i < json_array_size(diagnosis.findings); i++)
            if (*diagnosis_text(&diagnosis, i, "hint") != '\0')
                doctor_apply(diagnosis_text(&diagnosis, i, "hint"));
        diagnosis_free(&diagnosis);
        if (wrong == 0)
            return;
    }
    doctor_expect_good();
}

void doctor_expect_mended(const char *check, const char *state, const char *message)
{
    char *hint = doctor_expect_fault(check, state, message, true);

    doctor_apply(hint);
    doctor_expect_good();
    free(hint);
}
