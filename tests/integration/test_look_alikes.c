/*
 * Functions and operators of strangers, with the names of those that our statements call, and types
 * that fit better. PostgreSQL takes the best fit, wherever in the search path it is, and runs it as
 * the role of the tick. So each statement must name what fits exactly.
 *
 * The parser says what it has chosen (debug_print_parse), first without look-alikes, then with one
 * for each combination of types from which PostgreSQL would convert.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT    "2024-05-01T02:00:00Z"
#define DAILY "0 2 * * *"

enum { STATEMENT_SIZE = 100000, STATEMENTS_LEAST = 35, PATH_SIZE = 5000, REPORT_SIZE = 3000 };

/* What the parser says, and where. */
struct choices {
    PGconn *connection;
    const char *statement;    /* the one that is parsed */
    unsigned strangers_from;  /* OIDs of strangers begin here; 0: there are none, all are noted */
    char *never_exact;        /* what fits no call exactly, each name in blanks */
    char report[REPORT_SIZE]; /* what strangers have got */
};

static void add_to_report(struct choices *choices, const char *what)
{
    size_t length = strlen(choices->report);
    char line[400];

    snprintf(line, sizeof line, "%s: %s\n", choices->statement, what);
    if (strstr(choices->report, line) != NULL)
        return;
    if (getenv("LOOK_ALL"))
        fputs(line, stdout);
    snprintf(choices->report + length, sizeof choices->report - length, "%s", line);
}

/* ---- What the parser chooses ---- */

static void note_choice(struct choices *choices, unsigned oid)
{
    if (oid >= 10000 && choices->strangers_from != 0 && oid >= choices->strangers_from) {
        char *name =
            testdb_text("SELECT coalesce((SELECT oid::regprocedure::text FROM pg_proc"
                        " WHERE oid = %u::oid), (SELECT oid::regoperator::text FROM pg_operator"
                        " WHERE oid = %u::oid))",
                        oid, oid);

        add_to_report(choices, name);
        free(name);
    } else if (choices->strangers_from == 0) {
        testdb_exec("INSERT INTO chosen VALUES (%u) ON CONFLICT DO NOTHING", oid);
    }
}

/* Each function, aggregate and operator of a tree. */
static void read_tree(void *context, const PGresult *notice)
{
    static const char *const fields[] = {":funcid ", ":aggfnoid ", ":winfnoid ", ":opno ",
                                         ":opnos (o "};
    const char *tree = PQresultErrorField(notice, PG_DIAG_MESSAGE_DETAIL);

    for (size_t i = 0; tree != NULL && i < sizeof fields / sizeof *fields; i++) {
        for (const char *at = strstr(tree, fields[i]); at != NULL; at = strstr(at, fields[i])) {
            char *end = NULL;
            unsigned long oid = strtoul(at += strlen(fields[i]), &end, 10);

            for (; end != at && oid != 0; oid = strtoul(at, &end, 10)) {
                note_choice(context, (unsigned)oid);
                at = end;
            }
        }
    }
}

/* Where a file of lib/store/sql is. */
static void statement_path(const char *name, char path[PATH_SIZE])
{
    const char *schema = testdb_schema_path();

    snprintf(path, PATH_SIZE, "%.*s/sql/%s", (int)(strrchr(schema, '/') - schema), schema, name);
}

/* A statement as it is embedded: without comments, with what it includes. */
static void read_statement(const char *path, char text[STATEMENT_SIZE])
{
    FILE *file = fopen(path, "r");
    char line[500];

    ck_assert_msg(file != NULL, "cannot read %s", path);
    while (fgets(line, sizeof line, file) != NULL) {
        const char *word = line + strspn(line, " ");
        char included[200];

        if (sscanf(word, "-- include: %199s", included) == 1) {
            char other[PATH_SIZE];

            statement_path(included, other);
            read_statement(other, text);
        } else if (strncmp(word, "--", 2) != 0) {
            strncat(text, line, STATEMENT_SIZE - strlen(text) - 1);
        }
    }
    fclose(file);
}

/* Where any number of arguments fits, another function fits better: such a name needs its schema. */
static void check_names(struct choices *choices, const char *text)
{
    static const char schema[] = "pg_catalog.";
    char *names = strdup(choices->never_exact);
    char *rest = NULL;

    for (char *name = strtok_r(names, " ", &rest); name != NULL; name = strtok_r(NULL, " ", &rest))
        for (const char *at = strstr(text, name); at != NULL; at = strstr(at + 1, name)) {
            size_t before = (size_t)(at - text);
            bool is_whole = at[strlen(name)] == '(' && (before == 0 || strchr(" (", at[-1]));

            if (is_whole ||
                (before >= sizeof schema && at[strlen(name)] == '(' &&
                 strncmp(at - strlen(schema), schema, strlen(schema)) != 0 && at[-1] == '.'))
                add_to_report(choices, name);
        }
    free(names);
}

/* Has the server parse each statement of lib/store/sql. */
static void parse_statements(struct choices *choices)
{
    char pattern[PATH_SIZE];
    glob_t files;

    statement_path("*.sql", pattern);
    ck_assert_int_eq(glob(pattern, 0, NULL, &files), 0);
    ck_assert_uint_ge(files.gl_pathc, STATEMENTS_LEAST);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        static char text[STATEMENT_SIZE];
        PGresult *result;

        text[0] = '\0';
        choices->statement = strrchr(files.gl_pathv[i], '/') + 1;
        read_statement(files.gl_pathv[i], text);
        result = PQprepare(choices->connection, "", text, 0, NULL);
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            add_to_report(choices, PQresultErrorMessage(result));
        PQclear(result);
        if (choices->never_exact != NULL)
            check_names(choices, text);
    }
    globfree(&files);
}

/* The same for what the functions of the migration do, for each kind of run. */
static void parse_functions(struct choices *choices)
{
    static const char *const calls[] = {
        "SELECT sync_run_complete(run_id, 1) FROM sync_run_log",
        "SELECT sync_run_fail(run_id, 'a b', 'c') FROM sync_run_log",
        "SELECT set_config('request.jwt.claims', '{\"app_metadata\": {\"org_id\": \"" SCENE_ORG
        "\"}}', true), sync_member_org_id()",
    };

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        PGresult *result;

        PQclear(PQexec(choices->connection, "BEGIN"));
        choices->statement = calls[i];
        result = PQexec(choices->connection, calls[i]);
        if (PQresultStatus(result) != PGRES_TUPLES_OK)
            add_to_report(choices, PQresultErrorMessage(result));
        PQclear(result);
        PQclear(PQexec(choices->connection, "ROLLBACK"));
    }
}

static void parse(struct choices *choices)
{
    parse_statements(choices);
    parse_functions(choices);
}

/* ---- Strangers ---- */

/*
 * A look-alike of each choice, for each combination of types that could stand where its own do: those
 * from which PostgreSQL converts without being asked, and for a type that may be any, some of each
 * kind. Not for what has the very same types, since pg_catalog comes first there.
 */
static const char make_look_alikes[] =
    "DO $do$"
    "DECLARE ddl text;"
    "BEGIN"
    "  DROP ROLE IF EXISTS look_alike;"
    "  CREATE ROLE look_alike;"
    "  GRANT CREATE, USAGE ON SCHEMA public TO look_alike;"
    "  CREATE TEMP TABLE source AS"
    "    SELECT oid AS target, oid AS type FROM pg_type WHERE typtype <> 'p'"
    "    UNION SELECT casttarget, castsource FROM pg_cast WHERE castcontext = 'i'"
    "    UNION SELECT p::regtype, t::regtype"
    "      FROM "
    "unnest('{anyelement,\"\\\"any\\\"\",anynonarray,anycompatible,anycompatiblenonarray}'"
    "                  ::text[]) AS p,"
    "           unnest('{bigint,integer,numeric,float8,text,name,uuid,timestamptz,oid,record}'"
    "                  ::text[]) AS t"
    "    UNION SELECT p::regtype, t::regtype"
    "      FROM unnest('{anyarray,anycompatiblearray}'::text[]) AS p,"
    "           unnest('{bigint[],text[],uuid[],name[]}'::text[]) AS t;"
    "  CREATE TEMP TABLE made AS"
    "    WITH RECURSIVE shape (oid, name, kind, wanted, result) AS ("
    "           SELECT p.oid, p.proname::text, CASE WHEN p.proretset THEN 'set' ELSE 'one' END,"
    "                  string_to_array(p.proargtypes::text, ' ')::oid[], p.prorettype"
    "             FROM pg_proc AS p JOIN chosen AS c ON c.oid = p.oid"
    "            WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.provariadic = 0"
    "           UNION ALL"
    "           SELECT o.oid, o.oprname::text, 'operator', ARRAY[o.oprleft, o.oprright], "
    "o.oprresult"
    "             FROM pg_operator AS o JOIN chosen AS c ON c.oid = o.oid"
    "            WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprleft <> 0"
    "         ), fit (oid, n, types, others) AS ("
    "           SELECT oid, 0, '{}'::oid[], 0 FROM shape"
    "           UNION ALL"
    "           SELECT f.oid, f.n + 1, f.types || s.type,"
    "                  f.others + (s.type <> s.target)::int"
    "             FROM fit AS f JOIN shape AS h ON h.oid = f.oid"
    "             JOIN source AS s ON s.target = h.wanted[f.n + 1]"
    "            WHERE f.n < cardinality(h.wanted) AND f.others + (s.type <> s.target)::int <= 2"
    /* A literal is first taken for the type on the operator's other side. */
    "         ), all_fit (oid, types) AS ("
    "           SELECT f.oid, f.types FROM fit AS f JOIN shape AS h ON h.oid = f.oid"
    "            WHERE f.n = cardinality(h.wanted) AND f.n > 0 AND f.others > 0"
    "           UNION SELECT h.oid, ARRAY[h.wanted[1], h.wanted[1]] FROM shape AS h"
    "                  WHERE h.kind = 'operator'"
    "           UNION SELECT h.oid, ARRAY[h.wanted[2], h.wanted[2]] FROM shape AS h"
    "                  WHERE h.kind = 'operator'"
    "         ), look_alike AS ("
    "           SELECT DISTINCT ON (h.name, h.kind = 'operator', f.types)"
    "                  h.name, h.kind, f.types,"
    "                  (SELECT string_agg(t::regtype::text, ', ' ORDER BY n)"
    "                     FROM unnest(f.types) WITH ORDINALITY AS u (t, n)) AS names,"
    "                  CASE WHEN r.typtype = 'p' THEN f.types[1] ELSE h.result END::regtype"
    "                    AS result,"
    "                  row_number() OVER () AS number"
    "             FROM all_fit AS f JOIN shape AS h ON h.oid = f.oid"
    "             JOIN pg_type AS r ON r.oid = h.result"
    "            WHERE NOT EXISTS (SELECT FROM pg_proc AS p"
    "                               WHERE h.kind <> 'operator' AND p.proname = h.name"
    "                                 AND p.proargtypes::text = array_to_string(f.types, ' '))"
    "              AND NOT EXISTS (SELECT FROM pg_operator AS o"
    "                               WHERE h.kind = 'operator' AND o.oprname = h.name"
    "                                 AND ARRAY[o.oprleft, o.oprright] = f.types)"
    "         )"
    "    SELECT format('CREATE FUNCTION public.%I(%s) RETURNS %s %s LANGUAGE plpgsql AS"
    " ''BEGIN RAISE EXCEPTION ''''a look-alike''''; END''',"
    "                  CASE kind WHEN 'operator' THEN 'look_alike_' || number ELSE name END,"
    "                  names, CASE kind WHEN 'set' THEN 'SETOF' ELSE '' END, result)"
    "           || CASE WHEN kind = 'operator'"
    "                   THEN format('; CREATE OPERATOR public.%s (FUNCTION = public.%I,"
    " LEFTARG = %s, RIGHTARG = %s)', name, 'look_alike_' || number, types[1]::regtype,"
    " types[2]::regtype)"
    "                   ELSE '' END AS ddl FROM look_alike;"
    "  FOR ddl IN SELECT m.ddl FROM made AS m LOOP" /* no operator from here on: it may be theirs */
    "    BEGIN"
    "      EXECUTE ddl;"
    "    EXCEPTION WHEN invalid_function_definition OR feature_not_supported THEN NULL;"
    "    END;"
    "  END LOOP;"
    "END $do$";

static struct choices *look_around(void)
{
    static struct choices choices;

    choices = (struct choices){.connection = testdb_connect(NULL)};
    testdb_exec("CREATE TABLE sync_export_ledger (idempotency_key text, state text,"
                " records_exported bigint);"
                "CREATE TABLE chosen (oid oid PRIMARY KEY)");
    PQclear(PQexec(choices.connection, "SET client_min_messages = log; SET debug_print_parse = on;"
                                       " SET debug_pretty_print = off"));
    PQsetNoticeReceiver(choices.connection, read_tree, &choices);
    return &choices;
}

/* Covers: no statement, and no function of the migration, takes a look-alike. */
START_TEST(test_types_are_exact)
{
    struct choices *choices = look_around();

    scene_seed(1, 3, DAILY);
    free(scene_seed_run(1, "running", scene_settle(5000) - 3, 1));
    free(scene_seed_run(2, "completed", scene_settle(5000) - 3, 1));
    free(scene_seed_run(3, "running", scene_settle(5000) - 3, 40));
    testdb_exec("UPDATE sync_run_log SET status = 'failed', failed_at = now(), error_class ="
                " 'unknown', error_code = 'ABANDONED' WHERE integration_id = '%s'",
                scene_integration(3));
    parse(choices);
    ck_assert_str_eq(choices->report, "");
    ck_assert_int_ge(testdb_number("SELECT count(*) FROM chosen"), 60);
    choices->never_exact =
        testdb_text("SELECT string_agg(DISTINCT p.proname::text, ' ') FROM pg_proc AS p"
                    " JOIN chosen AS c ON c.oid = p.oid WHERE p.provariadic <> 0"
                    " OR p.pronargdefaults > 0");
    ck_assert_pstr_ne(strstr(choices->never_exact, "concat_ws"), NULL);
    testdb_exec("%s", make_look_alikes);
    choices->strangers_from = (unsigned)testdb_number(
        "SELECT min(oid)::bigint FROM pg_proc WHERE prosrc LIKE '%%a look-alike%%'");
    printf("look-alikes: %ld functions, of which %ld are of operators\n",
           testdb_number("SELECT count(*) FROM pg_proc WHERE prosrc LIKE '%%a look-alike%%'"),
           testdb_number("SELECT count(*) FROM pg_proc WHERE prosrc LIKE '%%a look-alike%%'"
                         " AND starts_with(proname::text, 'look_alike')"));
    parse(choices);
    ck_assert_msg(choices->report[0] == '\0', "%s", choices->report);
    PQfinish(choices->connection);
    free(choices->never_exact);
}
END_TEST

static const char *const commands[] = {
    "run --max-calls 3 --max-attempts 3",
    "run --at " AT " --retry-failed",
    "due",
    "next",
    "stats --by month",
    "changes --to 2024-05-01T00:00Z",
    "status",
    "health",
    "audit --from 2024-05-01T00:00Z",
    "audit --from 2024-05-01T00:00Z --ledger",
    "doctor",
    "prune --older-than 30d",
};

/* Covers: to_timestamp(bigint), format(text, text) and the like, which any role with CREATE can make. */
START_TEST(test_commands)
{
    static const char *const look_alikes[] = {
        "to_timestamp(bigint) RETURNS timestamptz",
        "to_timestamp(numeric) RETURNS timestamptz",
        "format(text, text, text) RETURNS text",
        "format(text, name) RETURNS text",
        "unnest(uuid[]) RETURNS SETOF uuid",
        "unnest(text[]) RETURNS SETOF text",
        "hashtextextended(text, integer) RETURNS bigint",
        "convert_to(text, text) RETURNS bytea",
        "convert_from(bytea, text) RETURNS text",
    };
    const char *const env[] = {"SUPABASE_URL=http://127.0.0.1:9", "SUPABASE_SECRET_KEY=" SCENE_KEY,
                               NULL};

    testdb_exec("CREATE TABLE sync_export_ledger (idempotency_key text, state text,"
                " records_exported bigint)");
    scene_seed(1, 2, "* * * * *");
    free(scene_seed_run(1, "completed", scene_settle(5000) - 3, 1));
    for (size_t i = 0; i < sizeof look_alikes / sizeof *look_alikes; i++)
        testdb_exec("CREATE FUNCTION public.%s LANGUAGE plpgsql AS"
                    " 'BEGIN RAISE EXCEPTION ''a look-alike''; END'",
                    look_alikes[i]);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct program_result result = scene_command(commands[i], env);

        ck_assert_msg(strstr(result.err, "look-alike") == NULL &&
                          strstr(result.out, "look-alike") == NULL && result.status <= 1,
                      "%s: %d, %s%s", commands[i], result.status, result.out, result.err);
        program_result_free(&result);
    }
}
END_TEST

SUITE(look_alikes)
{
    TCase *all = tcase_create("look-alikes");

    tcase_add_checked_fixture(all, scene_open, scene_close);
    tcase_add_test(all, test_types_are_exact);
    tcase_add_test(all, test_commands);
    suite_add_tcase(suite, all);
}
