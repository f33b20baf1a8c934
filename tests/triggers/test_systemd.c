/*
 * scripts/share/triggers/systemd: the units by themselves, and under a real systemd that is the first
 * process of namespaces of its own.
 */
#include "support/suite.h"

#include "support/scene.h"
#include "support/testdb.h"
#include "triggers/machine.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    EXPOSURE_MOST = 15 /* tenths; 100 is a service without any of it */
};

#define UNITS                                                                                      \
    "scripts/share/triggers/systemd/syncsched.service "                                            \
    "scripts/share/triggers/systemd/syncsched.timer"

/* ---- The units by themselves ---- */

/* Covers: a key is no part of the unit; what the unit gives a tick is more than its budget. */
START_TEST(test_file)
{
    char *unit = machine_read_trigger("systemd/syncsched.service");
    const char *timeout = strstr(unit, "\nTimeoutStartSec=");

    ck_assert_ptr_nonnull(strstr(unit, "\nLoadCredential=syncsched.conf:/etc/syncsched.conf\n"));
    ck_assert_ptr_nonnull(timeout);
    ck_assert_int_ge(atoi(timeout + strlen("\nTimeoutStartSec=")), 50 + 10 + 11); /* --on-failure */
    free(unit);
}
END_TEST

/* Covers: systemd-analyze knows every setting and finds what they name. */
START_TEST(test_verify)
{
    char *words;

    machine_install("../../../README.md", "/usr/local/bin/syncsched", "755"); /* any program */
    words = machine_shell("systemd-analyze verify --man=no " UNITS " 2>&1");
    ck_assert_str_eq(words, "");
    free(words);
}
END_TEST

/* Covers: how little a tick can reach, in systemd's own measure. */
START_TEST(test_security)
{
    char line[256];
    char *words;

    snprintf(line, sizeof line,
             "systemd-analyze security --no-pager --offline=true --threshold=%d"
             " scripts/share/triggers/systemd/syncsched.service | grep -ao 'exposure level.*[0-9]'",
             EXPOSURE_MOST);
    words = machine_shell(line);
    printf("systemd: %s", words);
    free(words);
}
END_TEST

/* ---- Under systemd ---- */

static struct program *systemd;

/* Runs a line of shell beside systemd; to be freed. */
static char *beside(const char *command)
{
    char line[1024];

    snprintf(line, sizeof line,
             "do='tests/triggers/in-systemd do %ld';"
             " $do sh -ec '%s' || { status=$?; $do journalctl -q -o short-precise; exit $status; }",
             (long)program_pid(systemd), command);
    return machine_shell(line);
}

static void boot(const char *const env[])
{
    static const char *const argv[] = {"tests/triggers/in-systemd", "boot",
                                       "scripts/share/triggers/systemd/syncsched.service",
                                       "scripts/share/triggers/systemd/syncsched.timer", NULL};
    char line[256];

    systemd = program_start(argv, env);
    snprintf(line, sizeof line,
             "for try in $(seq 600); do tests/triggers/in-systemd do %ld systemctl is-active"
             " timers.target 2>/dev/null | grep -qx active && exit; sleep 0.2; done; exit 1",
             (long)program_pid(systemd));
    machine_do(line);
}

static void end_systemd(void)
{
    struct program_result result;

    program_signal(systemd, SIGKILL); /* its namespaces go with it */
    result = program_wait(systemd);
    program_result_free(&result);
    machine_do("tests/triggers/in-systemd clean");
    machine_close();
}

/* As the package leaves it, which has a user: what starts is started by the test. */
static const char *const only_by_hand[] = {"NO_TIMER=1", NULL};

static void check_says(const char *command, const char *expected)
{
    char *words = beside(command);

    ck_assert_msg(strstr(words, expected) != NULL, "%s: %s", command, words);
    free(words);
}

#define COMPLETED                                                                                  \
    "SELECT count(*) >= 1 FROM sync_run_log WHERE status = 'completed' AND records_exported = 41"

/* The user that the tick's summary in the journal came from. */
static long journal_user(void)
{
    char *words = beside("journalctl -q -t syncsched -o json --output-fields=MESSAGE,_UID |"
                         " grep triggered | head -n 1 | sed \"s/.*_UID\\\":\\\"//; s/\\\".*//\"");
    long user = atol(words);

    ck_assert_msg(user > 0, "no summary in the journal");
    free(words);
    return user;
}

/* Covers: the timer starts a tick within the minute, by a user that is not on this machine. */
START_TEST(test_timer)
{
    static const char *const env[] = {"NO_USER=1", NULL};
    long user;

    boot(env);
    scene_seed(1, 1, "* * * * *");
    function_script(scene_function(), "* count=41");
    machine_wait_for(COMPLETED, 65);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_trigger_state"
                                   " WHERE trigger_name = 'systemd'"),
                     1);
    check_says("sleep 1; systemctl is-active syncsched.timer", "active");
    check_says("journalctl -q -t syncsched -o cat", "{\"triggered\":1,\"skipped\":0,\"failed\":0,");
    user = journal_user();
    ck_assert_msg(user >= 61184 && user <= 65519, "user %ld is none of systemd's own", user);
}
END_TEST

/* Covers: the user of a package is taken where there is one. */
START_TEST(test_static_user)
{
    char *id = machine_shell("id -u syncsched");

    boot(only_by_hand);
    function_script(scene_function(), "* count=41");
    scene_settle(5000);
    scene_seed(1, 1, "* * * * *");
    free(beside("systemctl start syncsched.service"));
    machine_wait_for(COMPLETED, 0);
    ck_assert_int_eq(journal_user(), atol(id));
    free(id);
}
END_TEST

/* Covers: a key in a credential of its own. */
START_TEST(test_key_apart)
{
    boot(only_by_hand);
    function_script(scene_function(), "* count=41");
    scene_settle(5000);
    scene_seed(1, 1, "* * * * *");
    machine_do("umask 77; sed -n s/^SUPABASE_SERVICE_ROLE_KEY=//p /etc/syncsched.conf"
               " >/etc/syncsched.key; sed -i /^SUPABASE_SERVICE_ROLE_KEY=/d /etc/syncsched.conf");
    free(beside("mkdir /etc/systemd/system/syncsched.service.d; printf \"%s\\n\" \"[Service]\""
                " LoadCredential=key:/etc/syncsched.key"
                " Environment=SUPABASE_SERVICE_ROLE_KEY_FILE=%d/key"
                " >/etc/systemd/system/syncsched.service.d/key.conf; systemctl daemon-reload;"
                " systemctl start syncsched.service"));
    machine_wait_for(COMPLETED, 0);
}
END_TEST

/* Covers: the unit of a tick in which a run failed is failed, and is not after the next good one. */
START_TEST(test_failed)
{
    boot(only_by_hand);
    function_script(scene_function(), "* times=1 status=400\n* count=41");
    scene_settle(10000);
    scene_seed(1, 1, "* * * * *");
    free(beside("systemctl start syncsched.service || :"));
    check_says("systemctl show -p Result,ExecMainStatus syncsched.service || :",
               "Result=exit-code\nExecMainStatus=1\n");
    free(beside("systemctl start syncsched.service"));
    check_says("systemctl show -p Result syncsched.service", "Result=success");
}
END_TEST

/* Covers: to stop the unit is to cancel its calls, and to have that in the log. */
START_TEST(test_stopped)
{
    boot(only_by_hand);
    function_script(scene_function(), "* action=hang");
    scene_settle(30000);
    scene_seed(1, 3, "* * * * *");
    free(beside("systemctl start --no-block syncsched.service"));
    function_wait_for_calls(scene_function(), 3);
    free(beside("timeout 10 systemctl stop syncsched.service"));
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE status = 'failed'"
                                   " AND error_class = 'unknown' AND error_code = 'CANCELLED'"),
                     3);
}
END_TEST

/* Covers: what is left of a tick that was killed may store the answers that it waits for. */
START_TEST(test_killed)
{
    boot(only_by_hand);
    function_script(scene_function(), "* latency_ms=3000 count=41");
    scene_settle(30000);
    scene_seed(1, 1, "* * * * *");
    free(beside("systemctl start --no-block syncsched.service"));
    function_wait_for_calls(scene_function(), 1);
    free(beside("kill -KILL $(systemctl show --value -p MainPID syncsched.service)"));
    machine_wait_for(COMPLETED, 10);
}
END_TEST

static void add_form(Suite *suite)
{
    TCase *form = tcase_create("form");

    tcase_add_test(form, test_file);
    if (system("systemd-analyze --version >/dev/null 2>&1") != 0)
        puts("systemd-analyze: not asked: it is missing (Debian package systemd)");
    else {
        tcase_add_test(form, test_security);
        if (machine_is_ours("systemd-analyze verify"))
            tcase_add_test(form, test_verify);
    }
    suite_add_tcase(suite, form);
}

static void add_booted(Suite *suite)
{
    TCase *booted = tcase_create("booted");

    tcase_add_checked_fixture(booted, machine_open, end_systemd);
    tcase_add_test(booted, test_timer);
    tcase_add_test(booted, test_static_user);
    tcase_add_test(booted, test_key_apart);
    tcase_add_test(booted, test_failed);
    tcase_add_test(booted, test_stopped);
    tcase_add_test(booted, test_killed);
    suite_add_tcase(suite, booted);
}

SUITE(systemd)
{
    add_form(suite);
    if (!machine_is_ours("systemd"))
        return;
    if (system("tests/triggers/in-systemd probe >/dev/null 2>&1") == 0)
        add_booted(suite);
    else
        puts("systemd: not asked: it does not boot in namespaces here");
}
