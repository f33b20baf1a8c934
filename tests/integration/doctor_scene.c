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
static char owner[32];
static char owner_url[300];
static char *open_before; /* what callers of the API may do in the scene as it was made */
static char role_url[300];
static const char *config;

const char *doctor_role(void)
{
    return role;
}

const char *doctor_owner(void)
{
    return owner;
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
        bool is_role = strncmp(sql, "{role}", strlen("{role}")) == 0;
        bool is_owner = strncmp(sql, "{owner}", strlen("{owner}")) == 0;

        if (is_role || is_owner)
            text_add(&text, is_role ? role : owner);
        else
            text_append(&text, sql, 1);
        sql += is_role ? strlen("{role}") : is_owner ? strlen("{owner}") : 1;
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

/* ---- What is open ---- */

/* Each line is something that a caller of the API may do, or a table that does not keep its rows apart. */
static char *list_openings(void)
{
    return testdb_text(
        "WITH callers AS (SELECT oid, rolname, rolbypassrls OR rolsuper AS sees_all FROM pg_roles"
        "   WHERE rolname IN ('anon', 'authenticated', 'authenticator')),"
        " places AS (SELECT oid, nspname FROM pg_namespace"
        "   WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')"
        "SELECT coalesce(string_agg(o, E'\\n' ORDER BY o), '') FROM ("
        " SELECT r.rolname || ' may ' || v || ' ' || c.relname FROM callers AS r"
        "   CROSS JOIN places AS n JOIN pg_class AS c ON c.relnamespace = n.oid"
        "   AND c.relkind IN ('r', 'p', 'v', 'm'),"
        "   unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,TRIGGER}'::text[]) AS v"
        "   WHERE has_schema_privilege(r.oid, n.oid, 'USAGE')"
        "     AND has_table_privilege(r.oid, c.oid, v)"
        " UNION ALL SELECT r.rolname || ' may call ' || p.oid::regprocedure FROM callers AS r"
        "   CROSS JOIN places AS n JOIN pg_proc AS p ON p.pronamespace = n.oid"
        "   WHERE has_function_privilege(r.oid, p.oid, 'EXECUTE')"
        " UNION ALL SELECT r.rolname || ' may create in ' || n.nspname FROM callers AS r, places "
        "AS n"
        "   WHERE has_schema_privilege(r.oid, n.oid, 'CREATE')"
        " UNION ALL SELECT rolname || ' sees all rows' FROM callers WHERE sees_all"
        " UNION ALL SELECT r.rolname || ' is ' || m.rolname FROM callers AS r, pg_roles AS m"
        "   WHERE r.oid <> m.oid AND pg_has_role(r.oid, m.oid, 'MEMBER')"
        " UNION ALL SELECT 'all rows of ' || relname FROM pg_class"
        "   WHERE relname ~ '^sync_' AND relkind = 'r' AND NOT relrowsecurity) AS q "
        "(o)");
}

void doctor_expect_closed(void)
{
    char *now = list_openings();
    char *rest = NULL;

    for (char *line = strtok_r(now, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        ck_assert_msg(strstr(open_before, line) != NULL, "a remedy opened this: %s", line);
    free(now);
}

void doctor_give_to_owner(void)
{
    doctor_exec("ALTER SCHEMA public OWNER TO {owner};"
                "DO $$ DECLARE o record; BEGIN"
                " EXECUTE format('ALTER DATABASE %I OWNER TO {owner}', current_database());"
                " FOR o IN SELECT 'TABLE' AS kind, oid::regclass::text AS name FROM pg_class"
                "   WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
                "   UNION ALL SELECT 'FUNCTION', oid::regprocedure::text FROM pg_proc"
                "   WHERE pronamespace = 'public'::regnamespace LOOP"
                "  EXECUTE format('ALTER %s %s OWNER TO {owner}', o.kind, o.name);"
                " END LOOP; END $$");
}

void doctor_accept_openings(void)
{
    free(open_before);
    open_before = list_openings();
}

/* As it is on Supabase: who applies hints owns the database, and is no superuser. */
static void make_owner(void)
{
    snprintf(owner, sizeof owner, "doctor_owner_%ld", (long)getpid());
    doctor_exec("DO $$ BEGIN IF to_regrole('{owner}') IS NOT NULL THEN"
                " EXECUTE 'DROP OWNED BY {owner}; DROP ROLE {owner}'; END IF; END $$;"
                "CREATE ROLE {owner} LOGIN CREATEROLE CREATEDB BYPASSRLS PASSWORD 'hush-hush';"
                "GRANT anon, authenticated, service_role, {role} TO {owner} WITH ADMIN OPTION;");
    doctor_give_to_owner();
    set_url(owner_url, owner, "hush-hush");
    doctor_accept_openings();
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
    make_owner();
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
    free(open_before);
    doctor_exec("REASSIGN OWNED BY {owner} TO CURRENT_USER; DROP OWNED BY {owner}");
    testdb_drop_role(role);
    testdb_drop_role(owner);
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

/* SQL as the owner types it, and what is then to be set, if anything: "; -- and set NAME=VALUE". */
static void doctor_type(const char *hint)
{
    const char *setting = strstr(hint, "; -- and set ");
    struct text sql = {0};

    text_addf(&sql, "SET ROLE {owner};%s\n; RESET ROLE", hint);
    doctor_exec(text_string(&sql));
    text_free(&sql);
    if (strstr(hint, "-- who made it read-only") != NULL)
        doctor_exec("ALTER ROLE {role} RESET default_transaction_read_only;"
                    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET"
                    " default_transaction_read_only', current_database()); END $$");
    if (setting != NULL)
        doctor_apply(setting + strlen("; -- and "));
}

static void doctor_set(const char *setting)
{
    char *name = strdup(setting);
    char *value = strchr(name, '=');

    *value++ = '\0';
    setenv(name, value, 1);
    free(name);
}

void doctor_apply(const char *hint)
{
    static const char crontab[] = "* * * * *  ";
    static const char show_line[] = "grep -n '";
    char typed[2000];

    if (strncmp(hint, "set SYNCSCHED_DB_ROLE=", strlen("set SYNCSCHED_DB_ROLE=")) == 0) {
        doctor_set(hint + strlen("set "));
    } else if (strncmp(hint, "unset ", strlen("unset ")) == 0) {
        unsetenv(hint + strlen("unset "));
    } else if (strncmp(hint, crontab, strlen(crontab)) == 0) {
        run_shell(strchr(hint + strlen(crontab), ' ')); /* behind the user's name */
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
        doctor_type(hint);
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
        doctor_expect_closed();
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
    doctor_expect_closed();
    free(hint);
}
