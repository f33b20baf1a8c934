/*
 * Two organisations whose integrations have the same ids. No statement may take the runs of one for
 * those of the other.
 *
 * Each history is made twice, of the same random numbers: once the second organisation's integrations
 * have ids of their own, once the same ids as the first one's. Both get the same commands. Then both
 * databases must hold the same, and the commands must have said the same, but for the ids.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include "base/text.h"

#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What the second organisation's integrations begin with where they have ids of their own. */
#define OWN    "10000001"
#define SHARED "10000000"

#define OTHER "00000000-0000-4000-8000-00000000000b"

#define HEX "0123456789abcdef"

enum {
    HISTORIES = 3,
    HOURS = 4,
    HOUR_S = 60 * 60,
    DATE_LENGTH = 10,
    HOUR_SIZE = 8,
    TEXT_SIZE = 200,
    LINES_MAX = 4000,
    SHOWN_MAX = 600, /* of a line that differs */
};

static time_t last_slot; /* of the history */

/* Values that depend on how long something took. */
static const char *const spans[] = {
    "\"lateSeconds\":", "\"earlySeconds\":", "\"durationMs\":", "\"beforeFrom\":"};

/* What the history gives the commands, as shell variables; where it has no such row, a strange id. */
static const struct {
    const char *name;
    const char *sql;
} words[] = {
    {"FROM", "SELECT to_char(current_setting('twins.last')::timestamptz - interval '122 hours', "
             "'YYYY-MM-DD\"T\"HH24:MI\"Z\"')"},
    {"LAST", "SELECT to_char(current_setting('twins.last')::timestamptz, "
             "'YYYY-MM-DD\"T\"HH24:MI\"Z\"')"},
    {"MID", "SELECT to_char(current_setting('twins.last')::timestamptz - interval '60 hours', "
            "'YYYY-MM-DD\"T\"HH24:MI\"Z\"')"},
    {"TO", "SELECT to_char(current_setting('twins.last')::timestamptz + interval '30 minutes', "
           "'YYYY-MM-DD\"T\"HH24:MI\"Z\"')"},
    {"OLD", "SELECT to_char(current_setting('twins.last')::timestamptz - interval '24 hours', "
            "'YYYY-MM-DD\"T\"HH24:MI\"Z\"')"},
    /* a slot whose first attempt nobody knows of, and of which the twin has a run, too */
    {"KEY", "SELECT r.idempotency_key FROM sync_run_log AS r JOIN parts AS p"
            " ON p.org = r.org_id AND p.integration = r.integration_id"
            " JOIN parts AS q ON q.n = p.n AND q.org <> p.org JOIN sync_run_log AS s"
            " ON s.org_id = q.org AND s.integration_id = q.integration"
            " AND s.scheduled_for = r.scheduled_for"
            " WHERE r.org_id = '" SCENE_ORG "' AND r.error_class = 'unknown' AND s.attempt = 2"
            " ORDER BY r.scheduled_for DESC, p.n LIMIT 1"},
    /* an integration that was deleted, but not its twin: the beginning of its id */
    {"GONE", "SELECT left(p.integration::text, 35) FROM parts AS p JOIN parts AS q"
             " ON q.n = p.n AND q.org <> p.org"
             " WHERE p.org = '" SCENE_ORG "' AND p.kind >= 0.9 AND q.kind < 0.9 AND p.chance < 0.95"
             " ORDER BY p.n LIMIT 1"},
};

enum { WORDS = sizeof words / sizeof *words };

/* People edit, disable, enable and delete. */
static const char edits[] =
    "UPDATE organization_integrations AS i"
    " SET cron_schedule = CASE WHEN p.chance < 0.4 THEN p.edited ELSE p.cron END,"
    " is_enabled = p.chance < 0.45"
    " FROM parts AS p WHERE p.org = i.org_id AND p.integration = i.integration_id"
    " AND p.chance < 0.5;"
    "DELETE FROM organization_integrations AS i USING parts AS p"
    " WHERE p.org = i.org_id AND p.integration = i.integration_id AND p.chance BETWEEN 0.5 AND 0.6";

/* What they do, and the commands: in order. */
static const struct {
    const char *sql;
    const char *command;
} steps[] = {
    {NULL, "audit --from $FROM --to $TO --json"},
    {NULL, "status --json --all"},
    {NULL, "stats --json --since $MID"},
    {NULL, "changes --json --org Nord"},
    {NULL, "log --json --from $FROM --to $TO"},
    {NULL, "log --json $KEY"},
    {NULL, "due --at $LAST"},
    {NULL, "next --json --org Nord --integration Nord/x"},
    {NULL, "log --json --from $FROM --to $TO --org Nord --integration $GONE"},
    {NULL, "next --json --org Nord --integration 10000000-0000-4000-8000-00000000099"},
    {NULL, "resolve --json --ask"},
    {NULL, "resolve --json --not-done --note seen $KEY"},
    {NULL, "run --budget 900s --org Nordlys --from $FROM --to $TO --retry-failed --retry-unknown "
           "--dry-run"},
    {NULL, "run --budget 900s --org Nordlys --from $FROM --to $OLD --retry-failed"},
    {NULL, "prune --older-than 2d --json"},
    {NULL, "run --budget 900s --max-attempts 2 --after-restore ask"},
    {NULL, "run --budget 900s --at $LAST --retry-failed --dry-run"},
    {NULL, "run --budget 900s --at $LAST --retry-failed --retry-unknown"},
    {edits, "run --budget 900s --catch-up 2d --after-restore ask"},
    {NULL, "prune --older-than 2d --json"},
    {NULL, "run --budget 900s --at $OLD --retry-failed"},
    {NULL, "audit --from $FROM --to $TO --json"},
};

/*
 * All that the database holds, but for moments of the test itself. A text that was in force for two
 * of the steps is in the journal only if a minute ended between them.
 */
static const char rows[] =
    "SELECT string_agg(line, E'\\n' ORDER BY line) FROM ("
    " SELECT concat_ws('|', 'run', org_id, integration_id, scheduled_for, covers_from,"
    "                  coalesce(period_start::text, '-'), attempt, status, integration_type,"
    "                  idempotency_key, triggered_by, coalesce(error_class, '-'),"
    "                  coalesce(error_code, '-'), coalesce(resolution, '-'),"
    "                  coalesce(resolved_by, '-'), worker IS NULL,"
    "                  created_at < now() - interval '1 hour',"
    "                  created_at > now() + interval '1 hour',"
    "                  started_at > now() + interval '1 hour') FROM sync_run_log"
    " UNION ALL SELECT concat_ws('|', 'state', org_id, integration_id, schedule,"
    "                            to_char(mark, 'YYYY-MM-DD\"T\"HH24:MI\"Z\"'))"
    "  FROM sync_schedule_state"
    " UNION ALL SELECT concat_ws('|', 'journal', org_id, integration_id, schedule,"
    "                            to_char(valid_from, 'YYYY-MM-DD\"T\"HH24:MI\"Z\"'),"
    "                            coalesce(to_char(valid_to, 'YYYY-MM-DD\"T\"HH24:MI\"Z\"'), '-'))"
    "  FROM sync_schedule_journal"
    " WHERE valid_from < now() - interval '1 hour' OR valid_to > now() OR valid_to IS NULL)"
    " AS q (line)";

/*
 * How much of text is a moment of the test, or so many days before: "2024-05-01T02:00:00.123Z" of
 * these hours ("T02:"), in which no slot lies.
 */
static size_t match_moment(const char *text, char hours[HOURS][HOUR_SIZE])
{
    if (strspn(text, "0123456789-") != DATE_LENGTH)
        return 0;
    for (size_t i = 0; i < HOURS; i++)
        if (strncmp(text + DATE_LENGTH, hours[i], strlen(hours[i])) == 0)
            return DATE_LENGTH + strspn(text + DATE_LENGTH, "T0123456789:.Z");
    return 0;
}

/* How much of text is an id, or the first eight digits of one. */
static size_t match_id(const char *text)
{
    static const size_t parts[] = {4, 4, 4, 12};
    size_t length = strspn(text, HEX);

    if (length != 8)
        return 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (text[length] != '-' || strspn(text + length + 1, HEX) != parts[i])
            return 8;
        length += 1 + parts[i];
    }
    return length;
}

/*
 * Adds a text, with the shared ids in place of others, and without what differs from time to time: the
 * ids of runs, the moments of the test itself, and how long something took.
 */
static void add_alike(struct text *said, const char *text)
{
    char hours[HOURS][HOUR_SIZE];
    bool is_start = true; /* of a word */

    for (int i = 0; i < HOURS; i++)
        snprintf(hours[i], HOUR_SIZE, "T%02d:", (int)((last_slot / HOUR_S + i + 1) % 24));
    for (; *text != '\0'; text++) {
        size_t id = is_start ? match_id(text) : 0;
        size_t moment = is_start ? match_moment(text, hours) : 0;

        if (id > 0 && strncmp(text, OWN, strlen(OWN)) == 0)
            text_addf(said, "%s%.*s", SHARED, (int)id - 8, text + 8);
        else if (id > 0 && strspn(text, "01") == 8)
            text_append(said, text, id);
        else if (id > 0)
            text_add(said, "RUN");
        else if (moment > 0)
            text_add(said, "NOW");
        else
            text_append(said, text, 1);
        text += id > 0 ? id - 1 : moment > 0 ? moment - 1 : 0;
        is_start = !isalnum((unsigned char)*text);
        for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
            if (*text == ':' && said->length >= strlen(spans[i]) &&
                strcmp(said->data + said->length - strlen(spans[i]), spans[i]) == 0)
                text += strcspn(text + 1, ",}");
    }
    text_add(said, "\n");
}

static int compare_lines(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static char *drop_numbers(char *line)
{
    char *end = line;

    for (const char *c = line; *c != '\0'; c++)
        if (!isdigit((unsigned char)*c))
            *end++ = *c;
    *end = '\0';
    return line;
}

static bool depends_on_time(const char *message)
{
    return strstr(message, "after its slot") != NULL || strstr(message, "started late") != NULL ||
           strstr(message, ": failed HTTP_") != NULL || strstr(message, "more runs failed") != NULL;
}

/*
 * Lines in order of what is alike in them: workers write at the same time, and a minute passes between
 * two steps, or does not. Messages besides without numbers, and without those of runs that fail or are
 * late: which of these are named depends on who was first.
 */
static void add_lines(struct text *said, char *text, bool are_messages)
{
    char *lines[LINES_MAX];
    size_t count = 0;
    char *rest = NULL;

    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        struct text alike = {0};

        if (are_messages && depends_on_time(line))
            continue;
        add_alike(&alike, line);
        ck_assert_uint_lt(count, LINES_MAX);
        lines[count++] = are_messages ? drop_numbers(alike.data) : alike.data;
    }
    qsort(lines, count, sizeof *lines, compare_lines);
    for (size_t i = 0; i < count; i++) {
        text_add(said, lines[i]);
        free(lines[i]);
    }
}

/*
 * The function's answers: by the integration's number, and about a key by that and the day. Of what
 * is held it knows only later, when a tick asks.
 */
static void script_function(bool knows_held)
{
    char *script = testdb_text(
        "SELECT string_agg(rule, E'\\n') FROM ("
        " SELECT format('%%s %%s', integration,"
        "               (ARRAY['count=2', 'status=400', 'status=504', 'count=0'])[1 + n %% 4])"
        "   FROM parts"
        " UNION ALL SELECT format('GET:%%s body={\"state\":\"%%s\"}', r.idempotency_key,"
        "                         (ARRAY['absent', 'completed', 'held'])"
        "                         [1 + (p.n + date_part('day', r.scheduled_for)::integer) %% 3])"
        "   FROM sync_run_log AS r JOIN parts AS p"
        "     ON p.org = r.org_id AND p.integration = r.integration_id"
        "  WHERE r.error_class = 'unknown' AND (r.error_code <> 'RESTORED' OR %s)) AS q (rule)",
        knows_held ? "true" : "false");

    function_script(scene_function(), script);
    free(script);
}

/* Runs a step's command, and keeps what it said and left. */
static void take_step(size_t step, const char *const env[], struct text *said)
{
    struct program_result result;
    char *left;

    if (steps[step].sql != NULL)
        testdb_exec("%s", steps[step].sql);
    if (strstr(steps[step].command, "--after-restore ask") != NULL)
        script_function(true);
    result = scene_command(steps[step].command, env);
    text_addf(said, "\n== %s: %d\n", steps[step].command, result.status);
    ck_assert_int_lt(result.status, 3);
    add_alike(said, result.out);
    add_lines(said, result.err, true);
    if (strncmp(steps[step].command, "run", 3) == 0) {
        left = testdb_text("%s", rows);
        add_lines(said, left, false);
        free(left);
    }
    program_result_free(&result);
}

/* What the commands say and leave where the second organisation's integrations have such ids. */
static struct text tell_history(int seed, const char *ids)
{
    char texts[WORDS + 1][TEXT_SIZE];
    const char *env[WORDS + 3] = {"SUPABASE_SERVICE_ROLE_KEY=" SCENE_KEY, texts[WORDS]};
    struct text said = {0};

    scene_open();
    testdb_exec("SELECT set_config('TimeZone', 'UTC', false),"
                " set_config('twins.seed', '%d', false), set_config('twins.ids', '%s', false),"
                " set_config('twins.last', to_timestamp(%lld)::text, false)",
                seed, ids, (long long)last_slot);
    testdb_apply_file("tests/data/twins.sql");
    script_function(false);
    snprintf(texts[WORDS], TEXT_SIZE, "SUPABASE_URL=%s", function_url(scene_function()));
    for (size_t i = 0; i < WORDS; i++) {
        char *word = testdb_text("%s", words[i].sql);

        snprintf(texts[i], TEXT_SIZE, "%s=%s", words[i].name, word != NULL ? word : "ffffffff");
        env[i + 2] = texts[i];
        free(word);
    }
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        take_step(i, env, &said);
    scene_close();
    return said;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Fails at the first line that differs, and shows the step that it belongs to. */
static void expect_alike(const char *own, const char *shared)
{
    const char *step = own;

    while (*own != '\0' || *shared != '\0') {
        int own_length = (int)strcspn(own, "\n");
        int shared_length = (int)strcspn(shared, "\n");

        if (strncmp(own, "== ", 3) == 0)
            step = own;
        ck_assert_msg(own_length == shared_length && strncmp(own, shared, (size_t)own_length) == 0,
                      "%.*s\nwith ids of their own: %.*s\nwith shared ids:       %.*s",
                      (int)strcspn(step, "\n"), step, least(own_length, SHOWN_MAX), own,
                      least(shared_length, SHOWN_MAX), shared);
        own += own_length + (own[own_length] != '\0');
        shared += shared_length + (shared[shared_length] != '\0');
    }
}

/* Slots lie six hours apart, the last one three to four hours ago: none comes while a test runs. */
START_TEST(test_history)
{
    time_t now = time(NULL);
    struct text own;
    struct text shared;

    last_slot = now - now % HOUR_S - 3 * HOUR_S;
    own = tell_history(_i, OWN);
    shared = tell_history(_i, SHARED);
    expect_alike(text_string(&own), text_string(&shared));
    text_free(&own);
    text_free(&shared);
}
END_TEST

/* ---- What no history meets ---- */

#define AT "2024-05-01T02:00:00Z"

/* The first integration of both, and a run of the second one's at the same slot that is a later attempt. */
#define TWIN_OF_LATER_ATTEMPT                                                                      \
    "INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"           \
    " covers_from, attempt, status, idempotency_key, triggered_by, failed_at, error_class,"        \
    " error_code) SELECT '" OTHER "', integration_id, integration_type, scheduled_for,"            \
    " covers_from, 2, 'failed', 'twin', 'retry', now(), 'rejected', 'HTTP_400' FROM sync_run_log"

static void seed_both(void)
{
    scene_seed(1, 1, "0 2 * * *");
    testdb_exec("INSERT INTO organizations (id, name) VALUES ('" OTHER "', 'Tvilling');"
                "INSERT INTO organization_integrations"
                " SELECT '" OTHER "', integration_id, integration_type, cron_schedule, is_enabled"
                "  FROM organization_integrations");
}

/* An answer after the run was abandoned: only a later attempt at its own slot keeps it from the log. */
START_TEST(test_late_answer)
{
    struct program *program;

    scene_seed(1, 1, "0 2 * * *");
    function_script(scene_function(), "* latency_ms=700 count=41");
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 1);
    testdb_exec("UPDATE sync_run_log SET status = 'failed', failed_at = now(),"
                " error_class = 'unknown', error_code = 'ABANDONED', error_message = 'no "
                "answer';" TWIN_OF_LATER_ATTEMPT);
    scene_expect(scene_wait(program), 1, 0, 0, 0);
    ck_assert_int_eq(scene_count("completed"), 1);
}
END_TEST

/* A report after the run was abandoned, likewise. */
START_TEST(test_late_report)
{
    char *run_id = scene_seed_run(1, "running", scene_settle(1000) - 60, 60);

    testdb_exec("UPDATE sync_run_log SET status = 'failed', failed_at = now(), accepted_at = now(),"
                " error_class = 'unknown', error_code = 'ABANDONED', error_message = 'no "
                "report';" TWIN_OF_LATER_ATTEMPT);
    testdb_exec("SELECT sync_run_complete('%s', 3)", run_id);
    ck_assert_int_eq(scene_count("completed"), 1);
    free(run_id);
}
END_TEST

/* Whoever names an id that both have is asked whose is meant; the other one is left alone. */
START_TEST(test_whole_id)
{
    struct scene_tick tick;
    json_t *call;

    seed_both();
    tick = scene_run("--integration 10000000-0000-4000-8000-000000000001 --at " AT);
    ck_assert_int_eq(tick.status, 2);
    ck_assert_msg(
        strstr(tick.err, "names several: that of Nordlys, that of Tvilling (add --org)") != NULL,
        "%s", tick.err);
    scene_tick_free(&tick);
    ck_assert_int_eq(scene_count(NULL), 0);
    scene_expect(scene_run("--org Tvilling --integration 10000000-0000-4000-8000-000000000001"
                           " --at " AT),
                 1, 0, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    call = function_request(scene_function(), 0);
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(call, "body"), "orgId")),
                     OTHER);
    json_decref(call);
}
END_TEST

SUITE(twins)
{
    TCase *histories = tcase_create("histories");
    TCase *moments = tcase_create("moments");

    tcase_add_loop_test(histories, test_history, 1, 1 + HISTORIES);
    suite_add_tcase(suite, histories);

    tcase_add_checked_fixture(moments, scene_open, scene_close);
    tcase_add_test(moments, test_late_answer);
    tcase_add_test(moments, test_late_report);
    tcase_add_test(moments, test_whole_id);
    suite_add_tcase(suite, moments);
}
