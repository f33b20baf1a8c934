/*
 * report, through the real program: its numbers are those of audit and log, no text of a stranger
 * is markup, and the page names the CSV that holds the same facts.
 */
#include "integration/documents.h"
#include "integration/status_scene.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define MONTH    "--from 2026-03-01 --to 2026-03-31"

/*
 * Two integrations of Bergen in March. That of xledger fires at 02:00, and until the 10th at 03:00.
 * On the 5th it failed, and the run of the 6th exported its period; on the 12th and 13th the outcome
 * is unknown, and kari has settled the second; the 15th began late; the 20th was sent again by hand;
 * of the 25th there is no run. Nothing ticked for two hours of the 15th, as two triggers say, and at the
 * end of February. That of bufdir fires each half hour, and all went well.
 */
static const char seed[] =
    "DELETE FROM organizations;"
    "INSERT INTO organizations VALUES ('" STATUS_ORG "', 'Bergen', 'Europe/Oslo');"
    "INSERT INTO organization_integrations VALUES"
    " ('" STATUS_ORG "', 'b0000000-0000-4000-8000-000000000001', 'xledger', '0 2 * * *', true),"
    " ('" STATUS_ORG "', 'b0000000-0000-4000-8000-000000000002', 'bufdir', '*/30 * * * *', true);"
    "INSERT INTO sync_schedule_state (org_id, integration_id, schedule, mark)"
    " SELECT org_id, integration_id, cron_schedule || ' Europe/Oslo', date_trunc('minute', now())"
    "   FROM organization_integrations;"
    "INSERT INTO sync_schedule_journal (org_id, integration_id, schedule, valid_from, valid_to)"
    " SELECT org_id, integration_id, cron_schedule || ' Europe/Oslo',"
    "        CASE integration_type WHEN 'xledger' THEN '2026-03-10T00:00Z'::timestamptz"
    "             ELSE '2025-01-01T00:00Z' END, NULL::timestamptz"
    "   FROM organization_integrations"
    " UNION ALL SELECT org_id, integration_id, '0 3 * * * Europe/Oslo', '2025-01-01T00:00Z',"
    "        '2026-03-10T00:00Z'"
    "   FROM organization_integrations WHERE integration_type = 'xledger';"
    "INSERT INTO sync_trigger_state (trigger_name, host, last_tick_at, gaps) VALUES"
    " ('cron', 'beta', now(), '{2026-03-15T01:00:20Z, 2026-03-15T03:00:05Z,"
    "                          2026-02-27T00:00Z, 2026-02-27T05:00Z}'),"
    " ('cron', 'gamma', now(), '{2026-03-15T01:00:20Z, 2026-03-15T03:00:55Z}');"
    "CREATE TEMP TABLE slots AS"
    " SELECT DISTINCT i.integration_id, slot,"
    "        CASE WHEN i.integration_type = 'bufdir' THEN 0 ELSE n END AS day"
    "   FROM organization_integrations AS i, generate_series(0, 32) AS n,"
    "        generate_series(0, 47) AS half,"
    "        LATERAL (SELECT ('2026-02-28'::timestamp + n * interval '1 day'"
    "                         + half * interval '30 minutes') AT TIME ZONE 'Europe/Oslo' AS slot) "
    "AS s"
    "  WHERE i.integration_type = 'bufdir' OR half = CASE WHEN n < 10 THEN 6 ELSE 4 END;"
    "DELETE FROM slots WHERE day = 25;"
    "INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
    " covers_from, period_start, attempt, status, idempotency_key, triggered_by, trigger_name,"
    " host, worker, created_at, started_at, completed_at, failed_at, records_exported,"
    " error_class, error_code, http_status, error_message, resolution, resolved_at, resolved_by,"
    " resolution_note)"
    " SELECT '" STATUS_ORG "', s.integration_id, i.integration_type, slot, slot,"
    "        lag(slot, CASE WHEN day = 6 THEN 2 ELSE 1 END)"
    "          OVER (PARTITION BY s.integration_id ORDER BY slot),"
    "        1, CASE WHEN day IN (5, 12, 13) THEN 'failed' ELSE 'completed' END, 'key',"
    "        'schedule', 'cron', 'alpha', 'w', slot,"
    "        slot + CASE WHEN day = 15 THEN interval '2 hours' ELSE interval '4 s' END,"
    "        CASE WHEN day NOT IN (5, 12, 13) THEN slot + interval '3 hours' END,"
    "        CASE WHEN day IN (5, 12, 13) THEN slot + interval '1 minute' END,"
    "        CASE WHEN day NOT IN (5, 12, 13) THEN 10 WHEN day = 13 THEN 7 END,"
    "        CASE WHEN day = 5 THEN 'rejected' WHEN day IN (12, 13) THEN 'unknown' END,"
    "        CASE WHEN day = 5 THEN 'E17' WHEN day IN (12, 13) THEN 'TIMEOUT' END,"
    "        CASE WHEN day = 5 THEN 422 END,"
    "        CASE WHEN day = 5 THEN 'the ledger is closed' END,"
    "        CASE WHEN day = 13 THEN 'done' END, CASE WHEN day = 13 THEN slot + '1 day' END,"
    "        CASE WHEN day = 13 THEN 'kari@alpha' END,"
    "        CASE WHEN day = 13 THEN 'voucher 1042' END"
    "   FROM slots AS s JOIN organization_integrations AS i USING (integration_id);"
    "INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
    " covers_from, period_start, attempt, status, idempotency_key, triggered_by, trigger_name,"
    " host, worker, created_at, started_at, completed_at, records_exported)"
    " SELECT org_id, integration_id, integration_type, scheduled_for, covers_from, period_start, 2,"
    "        'completed', 'key', 'manual', 'kari', 'alpha', 'w', created_at + interval '5 hours',"
    "        started_at + interval '5 hours', completed_at + interval '5 hours', 10"
    "   FROM sync_run_log"
    "  WHERE integration_type = 'xledger' AND scheduled_for = '2026-03-20T01:00Z';"
    "DROP TABLE slots;";

static void open_scene(void)
{
    testdb_create();
    status_scene_reset();
    testdb_exec("%s", seed);
}

/* What it prints, to be freed; it succeeds. */
static char *report(const char *options)
{
    struct program_result result;
    char line[1000];

    snprintf(line, sizeof line, "report --month 2026-03 %s", options);
    result = status_run(line, NULL);
    ck_assert_msg(result.status == 0 && *result.err == '\0', "%s: %d %s", line, result.status,
                  result.err);
    free(result.err);
    return result.out;
}

static void check_has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "%s is not in\n%.4000s", part, text);
}

/* ---- Numbers ---- */

/* Lines of CSV (no cell of the scene holds a comma) with this kind and verdict; NULL: any. */
static long count_lines(const char *csv, const char *kind, const char *verdict)
{
    long count = 0;

    for (const char *at = strstr(csv, "\r\n") + 2; *at != '\0'; at = strstr(at, "\r\n") + 2) {
        char cells[9][80] = {{0}};

        if (strncmp(at, "gap,", 4) == 0) /* which has empty cells */
            continue;
        ck_assert_int_ge(sscanf(at, "%79[^,],%79[^,],%79[^,],%79[^,],%79[^,],%79[^,],", cells[0],
                                cells[1], cells[2], cells[3], cells[4], cells[5]),
                         6);
        for (size_t i = 0, comma = 0; at[i] != '\r' && comma < 9; i++) {
            if (at[i] == ',')
                comma++;
            else if (comma == 8)
                snprintf(cells[8] + strlen(cells[8]), 2, "%c", at[i]);
        }
        count += strcmp(cells[0], kind) == 0 && (verdict == NULL || strcmp(cells[8], verdict) == 0);
    }
    return count;
}

/* Runs and their records, as log has them. */
static void count_log(json_int_t *runs, json_int_t *records)
{
    struct program_result result = status_run("log " MONTH " --json", NULL);

    ck_assert_int_eq(result.status, 0);
    for (const char *at = result.out; *at != '\0'; at = strchr(at, '\n') + 1) {
        json_t *run = json_loads(at, JSON_DISABLE_EOF_CHECK, NULL);

        *runs += 1;
        *records += json_integer_value(json_object_get(run, "recordsExported"));
        json_decref(run);
    }
    program_result_free(&result);
}

static const char *const verdicts[] = {"completed", "folded",  "failed",  "unknown", "inProgress",
                                       "waiting",   "missing", "doubled", "again",   "extra"};

/* Covers: each number is that of audit or of log for the same period. */
START_TEST(test_numbers)
{
    json_t *audit = status_read("audit " MONTH, 1);
    char *csv = report("--csv");
    char *mail = report("");
    char *page = report("--html -");
    json_int_t runs = 0;
    json_int_t records = 0;
    char text[80];

    for (size_t i = 0; i < COUNT(verdicts); i++)
        ck_assert_int_eq(count_lines(csv, "slot", verdicts[i]),
                         json_integer_value(json_object_get(audit, verdicts[i])));
    ck_assert_int_eq(count_lines(csv, "slot", NULL),
                     json_integer_value(json_object_get(audit, "slots")));
    ck_assert_int_eq(count_lines(csv, "period", "hole"),
                     json_integer_value(json_object_get(audit, "holes")));
    ck_assert_int_eq(count_lines(csv, "act", NULL), 2);
    count_log(&runs, &records);
    ck_assert_int_eq(runs, 1486 + 31);
    snprintf(text, sizeof text, "%d,%03d records were exported.", (int)(records / 1000),
             (int)(records % 1000));
    check_has(mail, text);
    check_has(page, text);
    json_decref(audit);
    free(csv);
    free(mail);
    free(page);
}
END_TEST

/* ---- What it says ---- */

static const struct {
    const char *options;
    const char *part;
} sayings[] = {
    {"", "Bergen, March 2026: 1,513 of 1,517 exported, 1 needs a person\n\n"},
    {"", "Not all is accounted for: of 1,517 slots, 1 is missing; 1,513 were\nexported."},
    {"", "  until Tue 10 Mar 01:00: at 03:00 every day (0 3 * * * Europe/Oslo)\n"
         "  since Tue 10 Mar 01:00: at 02:00 every day (0 2 * * * Europe/Oslo)\n"
         "   1 Mar ....+......?+.~.........!...... 31 Mar\n"
         "  31 slots: 27 exported, 1 failed, 2 unknown, 1 missing; 31 runs, 287\n"
         "    records, 1 began late, 1 hole\n"},
    {"", "  xledger b0000000, 1 slot, Thu  5 Mar 03:00: failed\n"
         "    E17, HTTP 422: the ledger is closed\n"
         "    -> a later run exported its period\n"},
    {"", "  xledger b0000000, 1 slot, Thu 12 Mar 02:00: outcome unknown\n"
         "    TIMEOUT\n    -> open\n"},
    {"", "    -> exported, as somebody has written down\n"},
    {"", "    the latest began 2 h after its slot\n"},
    {"", "  Sat 14 Mar 02:00, kari@alpha: 1 run written down as exported, xledger\n"},
    {"", "    voucher 1042\n"},
    {"", "  Fri 20 Mar 07:00, kari@alpha: 1 run sent by hand, xledger b0000000,\n"},
    {"", "\nWhen nothing ticked:\n  Sun 15 Mar 02:00 to Sun 15 Mar 04:00, 2 h\n\n"},
    {"--csv", "\r\ngap,,,,,2026-03-15T01:00:00Z,2026-03-15T03:00:00Z,2026-03-15T02:00:00+01:00,"
              "nothingTicked,"},
    {"--html -", "<h2>When nothing ticked</h2>\n<ul><li>Sun 15 Mar 02:00 to Sun 15 Mar 04:00, 2 h"
                 "</li></ul>"},
    {"--html -", "<title>Bergen, March 2026</title>"},
    {"--html -", "<h1>Exports of <bdi>Bergen</bdi></h1>"},
    {"--html -", "<p class=\"verdict open\"><strong>Not all is accounted for"},
    {"--html -",
     "<td class=\"what\"><span aria-hidden=\"true\">?</span><span class=\"hidden\">0 of 1 "
     "exported, outcome unknown</span></td>"},
    {"--html -", "<td><bdi>kari@alpha</bdi></td><td>1 run written down as exported</td>"},
    {"--integration bufdir --html -", "<p>Nothing: all of it could.</p>"},
    {"--integration bufdir", "Each of the 1,486 slots that the schedules name is accounted for;"},
};

START_TEST(test_sayings)
{
    char options[200];
    char *out;

    snprintf(options, sizeof options, "--org bergen %s", sayings[_i].options);
    out = report(options);
    check_has(out, sayings[_i].part);
    free(out);
}
END_TEST

/* Covers: what was pruned is named, and so is a text that is not known. */
START_TEST(test_limits)
{
    char *mail;

    testdb_exec("INSERT INTO sync_prune_state VALUES (true, '2026-03-03T00:00Z')"
                " ON CONFLICT (is_only_row) DO UPDATE SET pruned_before = excluded.pruned_before;"
                "UPDATE sync_schedule_journal SET schedule = '?' WHERE schedule LIKE '0 3 %%'");
    mail = report("--org bergen");
    check_has(mail, "  whether a slot is missing before Tue  3 Mar 01:00: the log was pruned\n");
    check_has(mail, "  xledger b0000000, Tue  3 Mar 01:00 to Tue 10 Mar 01:01: its journal\n");
    free(mail);
}
END_TEST

/* ---- Hostile texts ---- */

static const char hostile[] =
    "UPDATE organizations SET name = E'</title><script>alert(1)</script>\"\\u202e\\u001b[31m&amp;';"
    "UPDATE sync_run_log SET error_message = E'</td><img src=http://example.com/ "
    "onerror=a>\\u0001',"
    " error_code = 'A<b>' WHERE error_class IS NOT NULL;"
    "UPDATE sync_run_log SET resolution_note = '=1+1<style>*{display:none}</style>',"
    " resolved_by = '\"><a href=javascript:a>' WHERE resolution IS NOT NULL;"
    "UPDATE organization_integrations SET integration_type = 'xledger'";

/* Covers: of whatever strangers write nothing is markup, a formula or a control character. */
START_TEST(test_hostile)
{
    char *page;
    char *csv;
    char *mail;

    testdb_exec("%s", hostile);
    page = report("--html -");
    csv = report("--csv");
    mail = report("");
    check_has(page, "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/"
                    "script&gt;&quot;\\xe2\\x80\\xae\xEF\xBF\xBD[31m&amp;amp;");
    check_has(page, "&lt;/td&gt;&lt;img src=http://example.com/ onerror=a&gt;\xEF\xBF\xBD");
    check_has(csv, "'=1+1<style>");
    ck_assert_ptr_null(strpbrk(page, "\033\001\002"));
    ck_assert_ptr_null(strpbrk(mail, "\033\001\002"));
    free(page);
    free(csv);
    free(mail);
}
END_TEST

/* ---- Files ---- */

static char directory[40];
static char file[80];

static void open_file(void)
{
    open_scene();
    snprintf(directory, sizeof directory, "/tmp/syncsched-report-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(file, sizeof file, "%s/march.html", directory);
}

static void close_file(void)
{
    free(documents_shell("rm -r \"$1\"", directory));
    testdb_drop();
}

static void write_file(const char *org)
{
    char options[200];
    char *out;

    snprintf(options, sizeof options, "--org %s --html %s", org, file);
    out = report(options);
    ck_assert_str_eq(out, "");
    free(out);
}

static void check_shell(const char *line, const char *expected)
{
    char *out = documents_shell(line, file);

    ck_assert_msg(strcmp(out, expected) == 0, "%s:\n%s\nand not\n%s", line, out, expected);
    free(out);
}

/* Covers: whatever names are, the page has these elements alone, each closed, and fetches nothing. */
START_TEST(test_page)
{
    testdb_exec("%s", hostile);
    write_file(STATUS_ORG);
    check_shell(
        "grep -oE '<[a-z0-9!]+' \"$1\" | sort -u | tr '\\n' ' '",
        "<!doctype <bdi <body <code <footer <h1 <h2 <h3 <head <html <li <main <meta "
        "<p <section <small <span <strong <style <table <tbody <td <th <thead <title <tr <ul ");
    check_shell(
        "for e in bdi body code footer h1 h2 h3 head html li main p section small span strong"
        " style table tbody td th thead title tr ul; do"
        " [ $(grep -oE \"<$e[ >]\" \"$1\" | wc -l) -eq $(grep -o \"</$e>\" \"$1\" | wc -l) ]"
        " || echo $e; done",
        "");
    check_shell(
        "grep -oE '<[^>]* (src|href|srcset|on[a-z]+|action)=|url\\(|@import' \"$1\" || true", "");
    check_shell("grep -c \"default-src 'none'\" \"$1\"", "1\n");
}
END_TEST

/* Covers: the page names the SHA-256 of what its own line prints. */
START_TEST(test_digest)
{
    write_file("bergen");
    check_shell("line=$(sed -n 's/.*<code>syncsched \\(report [^<]*--csv\\)<.*/\\1/p' \"$1\");"
                "sum=$(\"$0\" $line --config /dev/null | sha256sum | cut -c 1-64);"
                "[ ${#sum} -eq 64 ] && grep -c \"<code>$sum</code>\" \"$1\"",
                "1\n");
}
END_TEST

/*
 * Covers: cut off in mid-write, it leaves the old file and nothing beside it. What an instrumented
 * program adds about its own files does not matter.
 */
START_TEST(test_whole)
{
    write_file("bergen");
    check_shell("trap '' XFSZ; ulimit -f 4;"
                "\"$0\" report --org bergen --month 2026-03 --html \"$1\" --config /dev/null 2>&1"
                " | sed -n '/^syncsched/s:/.*::p'",
                "syncsched: error: cannot write \"\n");
    check_shell("tail -n 1 \"$1\" | grep -o '</html>$'; ls \"$(dirname \"$1\")\"",
                "</html>\nmarch.html\n");
}
END_TEST

/* ---- What is refused ---- */

static const struct {
    const char *options;
    int status;
    const char *says;
} refused[] = {
    {"--month 2026-3", 2, "\"2026-3\" is not a month"},
    {"--month 2026-13", 2, "is not a month"},
    {"--month 2026-03 --since 7d", 2, "--month and --since: give one of them"},
    {"--text --csv", 2, "--html, --text and --csv: give one of them"},
    {"--html /dev/null", 2, "\"/dev/null\" is not a regular file"},
    {"--html /nowhere/march.html", 4, "cannot write \"/nowhere/march.html\": No such file"},
    {"--since 500d", 2, "a report is of 400 days at most"},
    {"--org nobody", 2, "nobody"},
};

START_TEST(test_refused)
{
    struct program_result result;
    char line[200];

    snprintf(line, sizeof line, "report %s", refused[_i].options);
    result = status_run(line, NULL);
    ck_assert_msg(result.status == refused[_i].status && *result.out == '\0', "%s: %d %s", line,
                  result.status, result.err);
    check_has(result.err, refused[_i].says);
    program_result_free(&result);
}
END_TEST

/* Covers: without --month, it is that before the present one. */
START_TEST(test_last_month)
{
    char *expected =
        testdb_text("SELECT to_char(date_trunc('month', now() AT TIME ZONE 'Europe/Oslo')"
                    " - interval '1 day', 'FMMonth YYYY')");
    struct program_result result = status_run("report --org bergen", NULL);

    ck_assert_int_eq(result.status, 0);
    check_has(result.out, expected);
    program_result_free(&result);
    free(expected);
}
END_TEST

/* ---- Gaps ---- */

static void tick(const char *options)
{
    struct scene_tick ticked = scene_run(options);

    ck_assert_int_eq(ticked.status, 0);
    scene_tick_free(&ticked);
}

/* Covers: the tick that ends two hours without any keeps them, and neither of those around it does. */
START_TEST(test_gap)
{
    struct program_result result;

    scene_seed(1, 1, "0 0 1 1 *");
    tick("");
    tick("");
    ck_assert_int_eq(testdb_number("SELECT count(gaps) FROM sync_trigger_state"), 0);
    testdb_exec("UPDATE sync_trigger_state SET last_tick_at = last_tick_at - interval '2 hours'");
    tick("--trigger-name other");
    tick("");
    testdb_exec("UPDATE sync_trigger_state SET last_tick_at = last_tick_at - interval '3 hours'");
    tick("--trigger-name other");
    ck_assert_int_eq(testdb_number("SELECT cardinality(gaps) FROM sync_trigger_state"
                                   " WHERE gaps[2] - gaps[1] >= interval '3 hours'"
                                   "   AND gaps[4] - gaps[3] >= interval '2 hours'"
                                   "   AND trigger_name = 'other'"),
                     4);
    ck_assert_int_eq(testdb_number("SELECT count(gaps) FROM sync_trigger_state"), 1);
    result = status_run("report --since 1d", NULL);
    check_has(result.out, "\nWhen nothing ticked:\n");
    program_result_free(&result);
}
END_TEST

SUITE(report)
{
    TCase *gaps = tcase_create("report-gaps");
    TCase *tcase = tcase_create("report");
    TCase *files = tcase_create("report-file");

    tcase_add_checked_fixture(tcase, open_scene, testdb_drop);
    tcase_add_test(tcase, test_numbers);
    tcase_add_loop_test(tcase, test_sayings, 0, COUNT(sayings));
    tcase_add_test(tcase, test_limits);
    tcase_add_test(tcase, test_hostile);
    tcase_add_loop_test(tcase, test_refused, 0, COUNT(refused));
    tcase_add_test(tcase, test_last_month);
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(files, open_file, close_file);
    tcase_add_test(files, test_page);
    tcase_add_test(files, test_digest);
    tcase_add_test(files, test_whole);
    suite_add_tcase(suite, files);
    tcase_add_checked_fixture(gaps, scene_open, scene_close);
    tcase_add_test(gaps, test_gap);
    suite_add_tcase(suite, gaps);
}
