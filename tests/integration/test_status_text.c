/*
 * How status and health look to a person, on terminals of several widths and in a pipe: aligned,
 * fit to the width, in colour with words beside it, whatever script a name is in and whatever it
 * would do to a terminal.
 */
#include "integration/status_scene.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/terminal.h"
#include "support/testdb.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define ELLIPSIS "\xE2\x80\xA6"
#define ESCAPE   '\033'

enum { SHOWN_MAX = 16384 };

/* The names of the organisations, as SQL; one integration each. */
static const char *const names[] = {
    ("'Bl\xC3\xA5"
     "b\xC3\xA6r & S\xC3\xB8nner'"),
    "'\xD9\x85\xD8\xB5\xD9\x86\xD8\xB9 \xD8\xA7\xD9\x84\xD8\xAE\xD8\xA8\xD8\xB2'", /* Arabic */
    "'\xF0\x9F\x9A\x80 Rakett \xF0\x9F\x87\xB3\xF0\x9F\x87\xB4'",                  /* emoji */
    "'Cafe\xCC\x81 \xE4\xB8\xAD\xE6\x96\x87'", /* a combining accent; two wide characters */
    "U&'\\001b[31mred\\001b[0m \\001b]0;title\\0007 \\009b2J'",
    "E'two\\nlines\\tand\\rmore \\x01\\x7f'",
    "U&'\\202eturned\\2066 around'",
    "'An organisation whose name is a good deal longer than anybody would think at first'",
    "''",
    "NULL",
};

/* Half of them fail, with an error that is as hostile as their names. */
static void seed(void)
{
    for (size_t i = 0; i < COUNT(names); i++) {
        int n = (int)i + 1;

        testdb_exec("INSERT INTO organizations (id, name, timezone) VALUES ('%s', %s, %s)",
                    status_integration(100 + n), names[i], i == 2 ? "'Europe/Oslo'" : "NULL");
        status_add(n, i == 3 ? "\033[2J" : "30 2 1-31 * *");
        status_add_runs(n, i % 2 == 0 ? "completed 2 days, failed 1 day" : "completed 1 day");
        testdb_exec(
            "UPDATE sync_run_log SET org_id = '%s' WHERE integration_id = '%s';"
            "UPDATE organization_integrations SET org_id = '%s' WHERE integration_id = '%s'",
            status_integration(100 + n), status_integration(n), status_integration(100 + n),
            status_integration(n));
    }
    testdb_exec("UPDATE sync_run_log SET error_message = n FROM (SELECT U&'\\001b[1A ' || name || '"
                " which is told at some length, so that it must be broken' AS n"
                " FROM organizations WHERE name LIKE '%%red%%') AS o WHERE status = 'failed';"
                "INSERT INTO sync_trigger_state VALUES (U&'\\001b[2J', repeat('h', 150),"
                " now() - interval '1 day')");
}

/* ---- Looking at it ---- */

/* The next character of UTF-8, which must be some. */
static uint32_t next_character(const char **at)
{
    const unsigned char *bytes = (const unsigned char *)*at;
    int size = bytes[0] < 0x80 ? 1 : bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;
    uint32_t c = size == 1 ? bytes[0] : bytes[0] & (0xFFU >> (size + 1));

    for (int i = 1; i < size; i++) {
        ck_assert_uint_eq(bytes[i] >> 6, 2);
        c = c << 6 | (bytes[i] & 0x3FU);
    }
    *at += size;
    return c;
}

/* How many columns the characters that occur here take, by the Unicode tables, not by wcwidth(). */
static int width_of(uint32_t c)
{
    if ((c >= 0x300 && c < 0x370) || c == 0x200E)
        return 0;
    return (c >= 0x4E00 && c < 0xA000) || (c >= 0x1F300 && c < 0x1F700) ? 2 : 1;
}

static int width_to(const char *line, const char *end)
{
    int width = 0;

    while (line < end)
        width += width_of(next_character(&line));
    return width;
}

/* Takes colours out of a line, and whether there were any. */
static bool strip_colours(char *shown)
{
    static const char *const colours[] = {"\033[0m", "\033[1m", "\033[32m", "\033[33m",
                                          "\033[1;31m"};
    bool has_any = false;

    for (size_t i = 0; i < COUNT(colours); i++) {
        for (char *at; (at = strstr(shown, colours[i])) != NULL; has_any = true)
            memmove(at, at + strlen(colours[i]), strlen(at + strlen(colours[i])) + 1);
    }
    return has_any;
}

/* Nothing that a terminal obeys, and nothing that turns a text's direction. */
static void assert_harmless(const char *shown)
{
    for (const char *at = shown; *at != '\0';) {
        uint32_t c = next_character(&at);

        ck_assert_msg(c == '\n' || (c >= 0x20 && c != 0x7F && !(c >= 0x80 && c < 0xA0)), "U+%04X",
                      c);
        ck_assert_msg(!(c >= 0x202A && c <= 0x202E) && !(c >= 0x2066 && c <= 0x2069), "U+%04X", c);
    }
}

/*
 * Each line within the width, and each integration's id, which stands behind the names, in the same
 * column. Returns how many lines hold an id and a strip, which is the case where a row is one line.
 */
static int assert_aligned(const char *shown, int columns)
{
    static const char id[] = "  b0000000";
    int column = -1;
    int rows = 0;
    int whole = 0;

    for (const char *line = shown; *line != '\0'; line += strcspn(line, "\n") + 1) {
        const char *end = line + strcspn(line, "\n");
        const char *found = strstr(line, id);

        ck_assert_msg(width_to(line, end) <= columns, "wider than %d: %.*s", columns,
                      (int)(end - line), line);
        if (found == NULL || found > end)
            continue;
        if (column < 0)
            column = width_to(line, found);
        ck_assert_msg(width_to(line, found) == column, "out of line: %.*s", (int)(end - line),
                      line);
        rows++;
        whole += end[-1] == '.' || end[-1] == 'x';
    }
    ck_assert_int_eq(rows, COUNT(names));
    return whole;
}

/* What a command shows on a terminal of this width, lines ending in "\n"; columns 0: by COLUMNS. */
static char *show(const char *command, int columns, const char *const env[])
{
    static char shown[SHOWN_MAX];
    struct terminal terminal = terminal_open();
    struct winsize size = {.ws_row = 24, .ws_col = (unsigned short)columns};
    struct program_result result;
    char line[200];

    ck_assert_int_eq(ioctl(terminal.fd, TIOCSWINSZ, &size), 0);
    snprintf(line, sizeof line, "%s >%s", command, terminal.path);
    result = status_run(line, env);
    ck_assert_str_eq(result.err, "");
    terminal_read(&terminal, shown, sizeof shown);
    for (char *at; (at = strstr(shown, "\r\n")) != NULL;)
        memmove(at, at + 1, strlen(at)); /* what the terminal makes of a line's end */
    terminal_close(&terminal);
    program_result_free(&result);
    return shown;
}

/* ---- Tests ---- */

static const struct {
    const char *command;
    int columns;
    const char *env[4];
    int width;    /* that is to be kept to */
    bool is_wide; /* a row is one line */
    bool has_colour;
} looks[] = {
    {"status --all", 80, {"TERM=xterm", "COLUMNS", "NO_COLOR"}, 80, false, true},
    {"status --all", 200, {"TERM=xterm", "COLUMNS", "NO_COLOR"}, 200, true, true},
    {"status --all", 80, {"TERM=xterm", "COLUMNS", "NO_COLOR=1"}, 80, false, false},
    {"status --all", 200, {"TERM=xterm", "COLUMNS", "NO_COLOR=1"}, 200, true, false},
    {"status --all", 80, {"TERM=xterm", "COLUMNS=200", "NO_COLOR"}, 200, true, true},
    {"status --all", 0, {"TERM=xterm", "COLUMNS", "NO_COLOR"}, 80, false, true},
    {"status --all", 0, {"TERM=xterm", "COLUMNS=many", "NO_COLOR"}, 80, false, true},
    {"status --all", 120, {"TERM=dumb", "COLUMNS", "NO_COLOR"}, 120, false, false},
    {"status --all", 80, {"TERM=xterm", "LC_ALL=C", "NO_COLOR="}, 80, false, true},
    {"health", 80, {"TERM=xterm", "COLUMNS", "NO_COLOR"}, 80, false, true},
    {"health", 200, {"TERM=xterm", "COLUMNS", "NO_COLOR=1"}, 200, false, false},
};

START_TEST(test_look)
{
    char *shown;

    seed();
    shown = show(looks[_i].command, looks[_i].columns, looks[_i].env);
    ck_assert_int_eq(strip_colours(shown), looks[_i].has_colour);
    assert_harmless(shown);
    ck_assert_int_eq(assert_aligned(shown, looks[_i].width),
                     looks[_i].is_wide ? (int)COUNT(names) : 0);
    ck_assert_msg(strstr(shown, "\nunhealthy  ") != NULL && strstr(shown, "\ndegraded   ") != NULL,
                  "no words beside the colours: %s", shown);
    ck_assert_ptr_nonnull(strstr(shown, "Rakett"));
}
END_TEST

/* Covers: in a pipe without COLUMNS nothing is cut, however wide; and there is no colour. */
START_TEST(test_pipe)
{
    static const char *const env[] = {"TERM=xterm", "COLUMNS", "NO_COLOR", NULL};
    static const char *const commands[] = {"status --all", "health"};

    seed();
    for (size_t i = 0; i < COUNT(commands); i++) {
        struct program_result result = status_run(commands[i], env);

        assert_harmless(result.out);
        assert_aligned(result.out, 1000);
        ck_assert_ptr_null(strstr(result.out, ELLIPSIS));
        ck_assert_ptr_nonnull(strstr(result.out, "longer than anybody would think at first"));
        program_result_free(&result);
    }
}
END_TEST

/* Covers: all of a run is told, its error broken at the terminal's edge and not cut. */
START_TEST(test_details)
{
    static const char *const env[] = {"TERM=xterm", "COLUMNS", "NO_COLOR=1", NULL};
    static const char *const told[] = {"at 02:30 every day, UTC (30 2 1-31 * *)",
                                       "next slot ",
                                       "last success ",
                                       "rejected/HTTP_500: ",
                                       "schedule cron@alpha",
                                       "COVERS FROM",
                                       "ATTEMPT",
                                       "CREATED",
                                       "STARTED",
                                       "ENDED",
                                       "4 s",
                                       "120",
                                       "must be",
                                       "broken\n"};
    static const int widths[] = {80, 200};
    char command[100];
    char *run_id;

    seed();
    run_id = testdb_text("SELECT left(run_id::text, 8) FROM sync_run_log WHERE status = 'failed'"
                         " AND integration_id = '%s'",
                         status_integration(5));
    snprintf(command, sizeof command, "status --integration %s", status_integration(5));
    for (size_t i = 0; i < COUNT(widths); i++) {
        char *shown = show(command, widths[i], env);

        assert_harmless(shown);
        for (size_t j = 0; j < COUNT(told); j++)
            ck_assert_msg(strstr(shown, told[j]) != NULL, "no \"%s\": %s", told[j], shown);
        ck_assert_msg(strstr(shown, run_id) != NULL, "no run id: %s", shown);
        ck_assert_ptr_nonnull(strstr(shown, status_integration(5)));
        for (const char *line = shown; *line != '\0'; line += strcspn(line, "\n") + 1)
            ck_assert_int_le(width_to(line, line + strcspn(line, "\n")), widths[i]);
    }
    free(run_id);
}
END_TEST

/* Covers: a mark for each outcome, the newest at the right, and what they mean. */
START_TEST(test_strip)
{
    struct program_result result;

    status_add(1, "0 2 * * *");
    status_add_runs(1, "completed 7 days, failed 6 days, unknown 5 days, given_up 4 days,"
                       " cancelled 3 days, completed 2 days, running 1 day");
    result = status_run("status --all", NULL);
    ck_assert_ptr_nonnull(strstr(result.out, "  .x?!-.>\n"));
    ck_assert_ptr_nonnull(strstr(result.out, ". completed  x failed  ? unknown outcome\n"));
    program_result_free(&result);
    testdb_exec("DELETE FROM sync_run_log WHERE status = 'running'");
    status_add_runs(1, "pending 1 day");
    result = status_run("status --all --runs 3", NULL);
    ck_assert_ptr_nonnull(strstr(result.out, "  -.:\n"));
    program_result_free(&result);
    testdb_exec("DELETE FROM sync_run_log WHERE status = 'pending'");
    status_add_runs(1, "accepted 3 minutes");
    result = status_run("status --all --runs 3", NULL);
    ck_assert_ptr_nonnull(strstr(result.out, " ago accepted"));
    ck_assert_ptr_nonnull(strstr(result.out, "  -.~\n"));
    program_result_free(&result);
}
END_TEST

/* Covers: a run that began late is pointed out, one by hand is never late. */
START_TEST(test_late)
{
    static const char *const env[] = {"TERM=xterm", "COLUMNS=200", "NO_COLOR", NULL};

    status_add(1, "0 2 * * *");
    status_add_runs(1, "completed 1 day");
    ck_assert_ptr_nonnull(strstr(show("status --all", 200, env), " 120  "));
    ck_assert_ptr_nonnull(strstr(show("status --all", 200, env), "  4 s  ."));
    testdb_exec("UPDATE sync_run_log SET started_at = scheduled_for + interval '6 min'");
    ck_assert_ptr_nonnull(strstr(show("status --all", 200, env), "\033[33m6 min\033[0m  ."));
    testdb_exec("UPDATE sync_run_log SET triggered_by = 'manual'");
    ck_assert_ptr_nonnull(strstr(show("status --all", 200, env), " -  .\n"));
}
END_TEST

/* ---- One screen ---- */

/* Two organisations: one fails in Oslo, one is well; and what is disabled. */
static void seed_needs(void)
{
    testdb_exec("UPDATE organizations SET name = 'Bl\xC3\xA5klokken Barnehage SA',"
                " timezone = 'Europe/Oslo';"
                "INSERT INTO organizations VALUES ('%s', 'Acme')",
                status_integration(100));
    for (int n = 1; n <= 6; n++)
        status_add(n, "30 2 * * *");
    status_add_runs(1, "completed 5 days");
    status_add_runs(2, "completed 1 day");
    status_add_runs(3, "completed 2 days, given_up 1 day, completed 0 days");
    status_add_runs(5, "failed 1 day");
    testdb_exec(
        "UPDATE organization_integrations SET is_enabled = false WHERE integration_id = '%s'",
        status_integration(4));
    testdb_exec("UPDATE organization_integrations SET org_id = '%s', integration_type = 'bufdir'"
                " WHERE integration_id IN ('%s', '%s')",
                status_integration(100), status_integration(5), status_integration(6));
    testdb_exec("UPDATE sync_run_log SET org_id = '%s', integration_type = 'bufdir',"
                " scheduled_for = '2026-03-01T01:30Z', covers_from = '2026-03-01T01:30Z',"
                " http_status = 500, error_message = E'the ledger is\x1b[31m closed'"
                " WHERE integration_id = '%s'",
                status_integration(100), status_integration(5));
    testdb_exec("INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
                " covers_from, attempt, status, idempotency_key, triggered_by, worker, started_at,"
                " failed_at, error_class, error_code, error_message)"
                " SELECT org_id, integration_id, 'xledger', slot, slot, 1, 'failed', 'key',"
                "        'schedule', 'w', slot, slot, 'rejected', 'CLOSED', 'come back tomorrow'"
                "   FROM organization_integrations,"
                "        unnest(ARRAY['2026-02-27T01:30Z', '2026-02-28T01:30Z',"
                "                     '2026-03-01T01:30Z']::timestamptz[]) AS slot"
                "  WHERE integration_id = '%s'; DELETE FROM sync_run_log WHERE status = 'completed'"
                " AND integration_id = '%s'",
                status_integration(1), status_integration(1));
}

static const char needs[] =
    "6 integrations: 2 unhealthy, 1 degraded, 2 healthy, 1 disabled\n"
    "\n"
    "Acme\n"
    "  bufdir b0000000  unhealthy\n"
    "    never succeeded: the slot of 2026-03-01 01:30 failed, last HTTP_500\n"
    "    HTTP 500: the ledger is\xEF\xBF\xBD[31m closed\n"
    "    last success never; next ";

/* Covers: what needs somebody, the worst first, by organisation, with the message; the rest counted. */
START_TEST(test_needs)
{
    static const char *const env[] = {"COLUMNS=80", NULL};
    struct program_result result;
    const char *first;

    seed_needs();
    result = status_run("status", env);
    first = strchr(result.out, '\n') + 1;
    if (strstr(result.out, "2026-03-01 ") != NULL) /* not in the year of the seed */
        ck_assert_msg(strstr(first, needs) == first, "%s", result.out);
    ck_assert_ptr_nonnull(strstr(result.out, "\nBl\xC3\xA5klokken Barnehage SA\n"
                                             "  xledger b0000000  unhealthy\n"
                                             "    never succeeded: 3 slots since "));
    ck_assert_ptr_nonnull(
        strstr(result.out, " 02:30 failed, last CLOSED\n    come back tomorrow\n"));
    ck_assert_ptr_nonnull(
        strstr(result.out, "  xledger b0000000  degraded\n    given up: the slot of "));
    ck_assert_ptr_nonnull(strstr(result.out, "\n\n2 healthy, 1 disabled (--all)\n"));
    for (const char *line = result.out; *line != '\0'; line += strcspn(line, "\n") + 1)
        ck_assert_int_le(width_to(line, line + strcspn(line, "\n")), 80);
    program_result_free(&result);
}
END_TEST

/* Covers: names in any script, and hostile ones, fit on the screen; no colour for what is healthy. */
START_TEST(test_needs_look)
{
    static const char *const env[] = {"TERM=xterm", "COLUMNS", "NO_COLOR", NULL};
    static const int widths[] = {80, 200, 60};
    char *shown;

    seed();
    for (size_t i = 0; i < COUNT(widths); i++) {
        shown = show("status", widths[i], env);
        ck_assert(strip_colours(shown));
        assert_harmless(shown);
        for (const char *line = shown; *line != '\0'; line += strcspn(line, "\n") + 1)
            ck_assert_int_le(width_to(line, line + strcspn(line, "\n")), widths[i]);
        ck_assert_ptr_nonnull(strstr(shown, "red"));
        ck_assert_ptr_nonnull(strstr(shown, "Rakett"));
        ck_assert_ptr_nonnull(strstr(shown, " healthy (--all)\n"));
    }
}
END_TEST

/* ---- The same facts ---- */

/* The commands, and the members of their JSON that the text shows as they are. */
static const struct {
    const char *command;
    const char *shown;
} views[] = {
    {"status", " name host organization integrationType condition "},
    {"status --all", " name host organization integrationType condition description timezone "},
    {"status --integration b0000000-0000-4000-8000-000000000001",
     " name host orgId organization integrationType integrationId condition schedule description"
     " timezone triggeredBy triggerName recordsExported errorClass errorCode errorMessage "
     "httpStatus"
     " requestId "},
    {"health", " name host organization integrationType condition "},
};

/* Fails unless the text shows each such member of the value. Returns how many there are. */
static int assert_shown(json_t *value, const char *key, const char *shown, const char *text)
{
    const char *name;
    json_t *member;
    char word[64];
    char number[32];
    int count = 0;

    for (size_t i = 0; i < json_array_size(value); i++)
        count += assert_shown(json_array_get(value, i), key, shown, text);
    json_object_foreach(value, name, member) count += assert_shown(member, name, shown, text);
    snprintf(word, sizeof word, " %s ", key);
    if (strstr(shown, word) == NULL || (!json_is_string(value) && !json_is_integer(value)))
        return count;
    snprintf(number, sizeof number, "%d", (int)json_integer_value(value));
    ck_assert_msg(strstr(text, json_is_string(value) ? json_string_value(value) : number) != NULL,
                  "no %s %s: %s", key, json_is_string(value) ? json_string_value(value) : number,
                  text);
    return count + 1;
}

/* Fails unless each id, and each beginning of one, is in the JSON. Returns how many there are. */
static int assert_known(const char *text, const char *json)
{
    static const char between[] = " \n,;()";
    size_t length;
    int count = 0;

    for (text += strspn(text, between); (length = strcspn(text, between)) > 0;
         text += length, text += strspn(text, between)) {
        char word[40];

        snprintf(word, sizeof word, "%.*s", (int)length, text);
        if (length == strlen(STATUS_ORG) ||
            (length == 8 && strspn(word, "0123456789abcdef") == length)) {
            ck_assert_msg(strstr(json, word) != NULL, "no %s: %s", word, json);
            count++;
        }
    }
    return count;
}

/* Covers: what the text shows is in the JSON, and what it should show of the JSON is in the text. */
START_TEST(test_same_facts)
{
    static const char *const runs[] = {
        "completed 3 days, failed 2 days, completed#2 2 days, unknown 1 day",
        "failed 2 days, given_up 1 day", "completed 1 day, running 1 minute", "pending 1 minute",
        "completed 1 day, accepted 1 minute"};
    struct program_result result;
    json_t *json;
    char *dump;

    for (size_t i = 0; i < COUNT(runs); i++) {
        status_add((int)i + 1, "0 0 * * *");
        status_add_runs((int)i + 1, runs[i]);
    }
    testdb_exec("UPDATE sync_run_log SET error_message = 'said ' || run_id, http_status = 418,"
                " request_id = 'known as ' || run_id WHERE status = 'failed'");
    result = status_run(views[_i].command, NULL);
    json = status_read(views[_i].command, result.status);
    dump = json_dumps(json, 0);
    ck_assert_int_gt(assert_shown(json, "", views[_i].shown, result.out), 8);
    ck_assert_int_ge(assert_known(result.out, dump), 3);
    program_result_free(&result);
    json_decref(json);
    free(dump);
}
END_TEST

SUITE(status_text)
{
    TCase *tcase = tcase_create("status_text");

    tcase_add_checked_fixture(tcase, status_scene_open, testdb_drop);
    tcase_add_loop_test(tcase, test_look, 0, COUNT(looks));
    tcase_add_test(tcase, test_pipe);
    tcase_add_test(tcase, test_details);
    tcase_add_test(tcase, test_strip);
    tcase_add_test(tcase, test_late);
    tcase_add_test(tcase, test_needs);
    tcase_add_test(tcase, test_needs_look);
    tcase_add_loop_test(tcase, test_same_facts, 0, COUNT(views));
    suite_add_tcase(suite, tcase);
}
