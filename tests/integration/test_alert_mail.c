/*
 * run --on-failure with --on-failure-format text: the mail that people get, its subject, and how many
 * there are in a month. What the alert itself has is test_alert.c's.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT    "2024-05-01T02:00:00Z"
#define DAILY "0 2 * * *"
#define WIDTH 72

static char mails[64]; /* the file of all mails so far */
static char variable[300];

/* Writes as a mail program would send; $f is the file. */
static void set_command(const char *more)
{
    snprintf(variable, sizeof variable,
             "SYNCSCHED_ON_FAILURE=f=%s; { printf 'Subject: %%s\n\n' \"$SYNCSCHED_SUBJECT\"; cat; "
             "} >>$f%s",
             mails, more);
    scene_set_variable(variable);
}

static void set_up(void)
{
    int fd;

    scene_open();
    strcpy(mails, "/tmp/syncsched-test-mails-XXXXXX");
    fd = mkstemp(mails);
    ck_assert_int_ge(fd, 0);
    close(fd);
    set_command("");
    scene_set_wrapper("exec \"$@\" --on-failure-format text");
}

static void tear_down(void)
{
    unlink(mails);
    scene_close();
}

/* All mails so far; to be freed. */
static char *read_mails(void)
{
    return scene_read_file(mails, 1 << 20);
}

/* The one mail; in it each "{run}" is the beginning of the run's id. */
static void assert_mail(const char *expected)
{
    char *actual = read_mails();
    char *run = testdb_text("SELECT left(min(run_id::text), 8) FROM sync_run_log");
    char *at;

    while ((at = strstr(actual, run)) != NULL) {
        memcpy(at, "{run}", 5);
        memmove(at + 5, at + 8, strlen(at + 8) + 1);
    }
    if ((at = strstr(actual, "The tick of cron on ")) != NULL) {
        char *colon = strchr(at, ':');

        memmove(at + strlen("The tick of cron on "), colon, strlen(colon) + 1);
    }
    if ((at = strstr(actual, ", took ")) != NULL) {
        at += strlen(", took ");
        memmove(at, strchr(at, '\n'), strlen(strchr(at, '\n')) + 1);
    }
    ck_assert_str_eq(actual, expected);
    free(run);
    free(actual);
}

/* ---- One mail ---- */

/* Covers: the name, the organisation's clock, the reason in words, and how to see more. */
START_TEST(test_one)
{
    scene_seed(1, 1, DAILY);
    testdb_exec("UPDATE organizations SET timezone = 'Europe/Oslo'");
    function_script(
        scene_function(),
        "* status=422 body={\"code\": \"E_PERIOD\", \"message\": \"the period is closed,"
        " and this goes on until the line has to be broken\"}");
    scene_expect(scene_run("--at 2024-05-01T00:00Z"), 1, 0, 1, 1);
    assert_mail("Subject: syncsched: Nordlys / xledger (10000000) failed: E_PERIOD\n\n"
                "Nordlys / xledger (10000000) failed\n"
                "  slot 2024-05-01 02:00 (Europe/Oslo), took \n"
                "  the function refused it: E_PERIOD: the period is closed, and this goes\n"
                "    on until the line has to be broken\n"
                "  syncsched log {run}\n\n"
                "The tick of cron on : 1 triggered, 1 failed, 0 skipped.\n");
}
END_TEST

/* Covers: what was given up, a stretch of slots; no class, no code. */
START_TEST(test_given_up)
{
    int64_t slot = scene_settle(5000);
    char *actual;

    scene_seed(1, 1, "* * * * *");
    scene_seed_state(1, "* * * * * UTC", slot - 90);
    scene_expect(scene_run("--catch-up 30m"), 1, 0, 0, 0);
    actual = read_mails();
    ck_assert_ptr_eq(strstr(actual,
                            "Subject: syncsched: Nordlys / xledger (10000000) was given up\n\n"
                            "Nordlys / xledger (10000000) was given up\n  slots "),
                     actual);
    ck_assert_ptr_nonnull(strstr(actual, " to "));
    ck_assert_ptr_nonnull(strstr(actual, " (UTC)\n  syncsched log "));
    free(actual);
}
END_TEST

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        count++;
    return count;
}

/* Covers: twenty events in full, of the others how many; one mail, and its subject counts. */
START_TEST(test_many)
{
    char *actual;

    scene_seed(1, 25, DAILY);
    function_script(scene_function(), "10000000-0000-4000-8000-000000000001 times=1 status=503"
                                      " header=sb-error-code:BOOT_ERROR\n"
                                      "10000000-0000-4000-8000-000000000001 count=1\n"
                                      "* status=500");
    scene_expect(scene_run("--at " AT), 25, 0, 24, 1);
    actual = read_mails();
    ck_assert_ptr_eq(
        strstr(actual, "Subject: syncsched: Nordlys: 24 failed, 1 had a cold start\n\n"), actual);
    ck_assert_uint_eq(count_of(actual, "  syncsched log "), 20);
    ck_assert_ptr_nonnull(strstr(actual, "\nAnd 5 more: syncsched log --status failed\n"));
    free(actual);
}
END_TEST

static const char *const formats[] = {"exec \"$@\"", "exec \"$@\" --on-failure-format text"};

/* Covers: a name cannot add a line to the mail's head, nor drive a terminal, in either format. */
START_TEST(test_hostile)
{
    char *actual;

    scene_set_wrapper(formats[_i]);
    scene_seed(1, 2, DAILY);
    testdb_exec("UPDATE organizations SET name = E'$(id)\\nBcc: x@example.com\\r\\n\\x1b[2J`id`'");
    function_script(scene_function(),
                    "* status=422 body={\"message\": \"\\\\u001b[2J\\\\n.\\\\n\"}");
    scene_expect(scene_run("--at " AT), 2, 0, 2, 1);
    actual = read_mails();
    ck_assert_ptr_eq(strstr(actual, "Subject: syncsched: $(id) Bcc: x@example.com"), actual);
    ck_assert_ptr_eq(strstr(actual, "\n"), strstr(actual, "\n\n"));
    ck_assert_ptr_null(strchr(actual, '\033'));
    ck_assert_ptr_null(strchr(actual, '\r'));
    ck_assert_ptr_null(strstr(actual, "\n.\n"));
    ck_assert(_i == 0 || strchr(actual, '{') == NULL);
    free(actual);
}
END_TEST

/* Covers: a command that runs the program: the subject in its environment is no setting of ours. */
START_TEST(test_subject_is_no_setting)
{
    char more[150];
    char *actual;

    snprintf(more, sizeof more, "; %s check-cron @daily 2>>$f >&2", scene_program());
    set_command(more);
    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* status=500");
    scene_expect(scene_run("--at " AT), 1, 0, 1, 1);
    actual = read_mails();
    ck_assert_ptr_nonnull(strstr(actual, "@daily"));
    ck_assert_ptr_null(strstr(actual, "SYNCSCHED_SUBJECT"));
    free(actual);
}
END_TEST

/* ---- A month ---- */

enum {
    DAYS = 31,
    TICKS_A_DAY = 4,
    BROKEN_FROM = 7 * TICKS_A_DAY + 1,
    BROKEN_TO = 14 * TICKS_A_DAY + 1
};

/*
 * Covers: the mails of a month with an outage of a week, for what is due four times a day and once a
 * day: each begins with one mail, is recalled once a day and with its third failure in a row, and
 * ends with one. The third integration never fails. Days without a failure have no mail.
 */
START_TEST(test_month)
{
    static const char *const subjects[] = {
        "Subject: syncsched: Nordlys / xledger (10000000) failed: HTTP_500\n",
        "Subject: syncsched: Nordlys / xledger (10000000) still fails: HTTP_500\n",
        "Subject: syncsched: Nordlys / xledger (10000000) works again\n",
    };
    static const size_t counts[] = {2, 14, 2};
    size_t before = 0;
    char *actual;

    scene_seed(1, 1, "0 */6 * * *");
    scene_seed(2, 2, "0 12 * * *");
    scene_seed(3, 3, "0 18 * * *");
    function_script(scene_function(), "* count=1");
    for (int tick = 0; tick < DAYS * TICKS_A_DAY; tick++) {
        int hour = tick % TICKS_A_DAY * 6;
        bool is_broken = tick >= BROKEN_FROM && tick < BROKEN_TO;
        int failed = is_broken ? 1 + (hour == 12) : 0;
        char options[100];
        size_t now;

        if (tick == BROKEN_FROM)
            function_script(scene_function(),
                            "10000000-0000-4000-8000-000000000003 count=1\n* status=500");
        if (tick == BROKEN_TO)
            function_script(scene_function(), "* count=1");
        snprintf(options, sizeof options, "--at 2024-05-%02dT%02d:00Z", tick / TICKS_A_DAY + 1,
                 hour);
        scene_expect(scene_run(options), 1 + (hour >= 12), 0, failed, failed > 0);
        actual = read_mails();
        now = count_of(actual, "Subject: ");
        ck_assert_uint_le(now, before + 1);
        ck_assert(is_broken || now == before || (tick - BROKEN_TO) / 2 == 0);
        before = now;
        free(actual);
    }
    actual = read_mails();
    ck_assert_uint_eq(before, 18);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(count_of(actual, subjects[i]), counts[i]);
    ck_assert_uint_eq(count_of(actual, "HTTP_500"), 2 * (counts[0] + counts[1]));
    ck_assert_int_eq(scene_count("failed"), 28 + 7);
    free(actual);
}
END_TEST

SUITE(alert_mail)
{
    TCase *mail = tcase_create("alert_mail-mail");
    TCase *month = tcase_create("alert_mail-month");

    tcase_add_checked_fixture(mail, set_up, tear_down);
    tcase_add_test(mail, test_one);
    tcase_add_test(mail, test_given_up);
    tcase_add_test(mail, test_many);
    tcase_add_loop_test(mail, test_hostile, 0, 2);
    tcase_add_test(mail, test_subject_is_no_setting);
    suite_add_tcase(suite, mail);
    tcase_add_checked_fixture(month, set_up, tear_down);
    tcase_add_test(month, test_month);
    suite_add_tcase(suite, month);
}
