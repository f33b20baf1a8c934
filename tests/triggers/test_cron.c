/*
 * scripts/share/triggers/cron: Debian's cron runs the very file.
 */
#include "support/suite.h"

#include "support/scene.h"
#include "support/testdb.h"
#include "triggers/machine.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { A_MINUTE = 65 };

#define COMPLETED                                                                                  \
    "SELECT count(*) >= 1 FROM sync_run_log WHERE status = 'completed' AND records_exported = 41"

/* ---- What cron makes of a file like this one ---- */

/* Covers: the form of a file in /etc/cron.d, which cron passes over in silence when it is wrong. */
START_TEST(test_file)
{
    char *file = machine_read_trigger("cron/syncsched");
    const char *job = strstr(file, "\n* * * * *  ");

    ck_assert_ptr_nonnull(job);
    ck_assert_msg(strchr(job + 1, '\n') == file + strlen(file) - 1,
                  "the job is not the last line, or has no line end");
    ck_assert_ptr_null(strchr(job, '%')); /* a line end to cron */
    ck_assert_ptr_null(strstr(file, "SUPABASE"));
    free(file);
}
END_TEST

/* ---- The daemon ---- */

static struct program *cron;

static void start_cron(void)
{
    static const char *const argv[] = {"env",  "-i", "PATH=/usr/sbin:/usr/bin:/bin",
                                       "cron", "-f", NULL};

    machine_open();
    machine_install("cron/syncsched", "/etc/cron.d/syncsched", "644");
    cron = program_start(argv, NULL);
}

static void end_cron(void)
{
    machine_end(cron);
    machine_do("rm /etc/cron.d/syncsched");
    machine_close();
}

/* Covers: a tick within the minute, as the user of the file, and where its output goes. */
START_TEST(test_ticks)
{
    char *log;

    scene_seed(1, 1, "* * * * *");
    function_script(scene_function(), "* count=41");
    machine_wait_for(COMPLETED, A_MINUTE);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_trigger_state"
                                   " WHERE trigger_name = 'cron'"),
                     1);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log"
                                   " WHERE started_at > scheduled_for + interval '30 s'"),
                     0);
    machine_do("for try in 1 2 3 4 5 6 7 8 9 10; do grep -q triggered /run/apart/syslog && exit;"
               " sleep 0.2; done; exit 1");
    log = machine_read("/run/apart/syslog");
    ck_assert_msg(strstr(log, " syncsched: {\"triggered\":1,\"skipped\":0,\"failed\":0,") != NULL,
                  "%s", log);
    ck_assert_ptr_nonnull(strstr(log, "(syncsched) CMD ("));
    /* output that cron itself gets would be mailed, or given up with these words */
    ck_assert_msg(strstr(log, "discarding output") == NULL && strstr(log, "MAIL") == NULL, "%s",
                  log);
    free(log);
}
END_TEST

/* The process that runs this program and is nobody's worker; 0: none. */
static pid_t find_tick(void)
{
    char *found = machine_shell("for process in /proc/[0-9]*; do"
                                " [ \"$(readlink $process/exe)\" != /usr/local/bin/syncsched ] ||"
                                " { echo ${process#/proc/}; break; }; done");
    pid_t tick = (pid_t)atoi(found);

    free(found);
    return tick;
}

/* Whose names may be there: what cron gives to every job, and what the file sets. */
#define OF_CRON "HOME|LOGNAME|USER|SHELL|PATH|PWD|MAILTO|LANG|LC_[A-Z]*|_"

/* Covers: what a tick finds in its environment, which is nothing of anybody's, and who it is. */
START_TEST(test_environment_is_bare)
{
    char line[512];
    char *words;
    pid_t tick;

    scene_seed(1, 1, "* * * * *");
    function_script(scene_function(), "* latency_ms=3000 count=41");
    machine_wait_for("SELECT count(*) = 1 FROM sync_run_log WHERE status = 'running'", A_MINUTE);
    tick = find_tick();
    ck_assert_int_gt(tick, 0);
    snprintf(line, sizeof line,
             "cd /proc/%ld; tr '\\0' '\\n' <environ | grep ^PATH=; tr '\\0' ' ' <cmdline; echo;"
             " id -un $(awk '$1 == \"Uid:\" { print $2 }' status);"
             " tr '\\0' '\\n' <environ | sed 's/=.*//' | grep -vxE '" OF_CRON "' || true",
             (long)tick);
    words = machine_shell(line);
    machine_wait_for(COMPLETED, 30);
    ck_assert_str_eq(words, "PATH=/usr/local/bin:/usr/bin:/bin\n"
                            "syncsched run --trigger-name cron \n"
                            "syncsched\n");
    free(words);
}
END_TEST

static void add_form(Suite *suite)
{
    TCase *form = tcase_create("form");

    tcase_add_test(form, test_file);
    suite_add_tcase(suite, form);
}

static void add_daemon(Suite *suite)
{
    TCase *daemon = tcase_create("daemon");

    tcase_add_checked_fixture(daemon, start_cron, end_cron);
    tcase_add_test(daemon, test_ticks);
    tcase_add_test(daemon, test_environment_is_bare);
    suite_add_tcase(suite, daemon);
}

SUITE(cron)
{
    add_form(suite);
    if (machine_is_ours("Debian's cron"))
        add_daemon(suite);
}
