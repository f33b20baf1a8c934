/*
 * The database was away, as the marks tell: what is served, what is given up, and that nothing else
 * runs. Each schedule with missed slots runs once, covering them.
 */
#include "fault/fault.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOUR = 60 };

/* Integrations with these schedules, accounted for up to `down` minutes ago. Returns now's slot. */
static int64_t come_back_after(int down, const char *const *crons, int count)
{
    int64_t now = scene_settle(20000);

    for (int n = 1; n <= count; n++) {
        char state[128];

        snprintf(state, sizeof state, "%s UTC", crons[n - 1]);
        scene_seed(n, n, crons[n - 1]);
        scene_seed_state(n, state, now - down);
    }
    return now;
}

/* The runs of an integration with this status, as "from-to" in minutes before now; in a buffer. */
static const char *runs_of(int n, const char *status, int64_t now)
{
    static char buffer[512];
    char *text = testdb_text(
        "SELECT string_agg(format('%%s-%%s', %ld - extract(epoch FROM covers_from)::bigint / 60,"
        " %ld - extract(epoch FROM scheduled_for)::bigint / 60), ' ' ORDER BY scheduled_for)"
        " FROM sync_run_log WHERE integration_id = '%s' AND status = '%s'",
        (long)now, (long)now, scene_integration(n), status);

    snprintf(buffer, sizeof buffer, "%s", text != NULL ? text : "");
    free(text);
    return buffer;
}

static void expect_calls(size_t count)
{
    ck_assert_uint_eq(function_count(scene_function(), NULL), count);
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
    scene_expect(scene_run(""), 0, 1, 0, 0); /* the one that fires every minute is done */
    ck_assert_uint_eq(function_count(scene_function(), NULL), count);
}

/* Every minute; thrice in the outage; once in it; before it; and after it. */
START_TEST(test_40_minutes)
{
    int64_t now = scene_settle(20000);
    char three[64];
    char crons[3][64];
    const char *all[5] = {"* * * * *", three, crons[0], crons[1], crons[2]};
    static const int ago[] = {21, 45, -5};

    snprintf(three, sizeof three, "%d,%d,%d * * * *", (int)((now - 35) % 60),
             (int)((now - 22) % 60), (int)((now - 9) % 60));
    for (int i = 0; i < 3; i++)
        snprintf(crons[i], sizeof crons[i], "%d * * * *", (int)((now - ago[i]) % 60));
    now = come_back_after(40, all, 5);
    scene_expect(scene_run(""), 3, 0, 0, 0);
    ck_assert_str_eq(runs_of(1, "completed", now), "39-0");
    ck_assert_str_eq(runs_of(2, "completed", now), "35-9");
    ck_assert_str_eq(runs_of(3, "completed", now), "21-21");
    ck_assert_int_eq(scene_count(NULL), 3);
    expect_calls(3);
    printf("%-20s three of five schedules had missed slots: 3 runs, 3 calls, nothing else\n",
           "down for 40 minutes");
}
END_TEST

/*
 * Of what was given up the audit says so: of the first each minute from the 179th to the 61st before
 * now, or to the 60th where now is some seconds past its minute; of the others 2 and 4 slots.
 */
static void expect_audit(int64_t now)
{
    json_t *audit = fault_audit(now - 3 * HOUR + 1, now);
    json_t *finding;
    size_t i;
    long missed = 0;
    long minutes = testdb_number("SELECT extract(epoch FROM scheduled_for - covers_from)::bigint"
                                 " / 60 + 1 FROM sync_run_log WHERE integration_id = '%s'"
                                 " AND status = 'failed'",
                                 scene_integration(1));

    json_array_foreach(json_object_get(audit, "findings"), i, finding)
    {
        const char *code = json_string_value(json_object_get(finding, "errorCode"));

        missed += code != NULL && strcmp(code, "GIVEN_UP") == 0 ? 1 : 0;
    }
    ck_assert_int_eq(json_integer_value(json_object_get(audit, "failed")), missed);
    ck_assert(minutes == 2 * HOUR - 1 || minutes == 2 * HOUR);
    ck_assert_int_eq(missed, minutes + 2 + 4);
    json_decref(audit);
}

/* With a catch-up time of one hour, two of three are given up, in the log; the last one is served. */
START_TEST(test_3_hours)
{
    int64_t now = scene_settle(20000);
    char hourly[64];
    char often[64];
    const char *all[3] = {"* * * * *", hourly, often};

    snprintf(hourly, sizeof hourly, "%d * * * *", (int)((now - 25) % 60));
    snprintf(often, sizeof often, "%d,%d * * * *", (int)((now - 10) % 60), (int)((now - 40) % 60));
    now = come_back_after(3 * HOUR, all, 3);
    scene_expect(scene_run("--catch-up 1h"), 3, 0, 0, 0);
    ck_assert_str_eq(runs_of(2, "completed", now), "25-25");
    ck_assert_str_eq(runs_of(2, "failed", now), "145-85");
    ck_assert_str_eq(runs_of(3, "completed", now), "40-10");
    ck_assert_str_eq(runs_of(3, "failed", now), "160-70");
    ck_assert_int_eq(
        testdb_number("SELECT count(*) FROM sync_run_log WHERE status = 'failed'"
                      " AND error_class = 'not_delivered' AND error_code = 'GIVEN_UP'"),
        3);
    /* Every minute of the three hours is in the log just once, given up or served. */
    ck_assert_int_eq(testdb_number("SELECT sum(extract(epoch FROM scheduled_for - covers_from) / 60"
                                   " + 1)::bigint FROM sync_run_log WHERE integration_id = '%s'",
                                   scene_integration(1)),
                     3 * HOUR);
    ck_assert_int_eq(scene_count("failed"), 3);
    ck_assert_int_eq(scene_count("completed"), 3);
    expect_audit(now);
    expect_calls(3);
    printf("%-20s 3 runs and 3 calls for the last hour; what was given up stands in the log\n",
           "down for 3 hours");
}
END_TEST

TCase *tcase_outages(void)
{
    TCase *tcase = tcase_create("outages");

    tcase_set_timeout(tcase, 180);
    tcase_add_checked_fixture(tcase, scene_open, scene_close);
    tcase_add_test(tcase, test_40_minutes);
    tcase_add_test(tcase, test_3_hours);
    return tcase;
}
