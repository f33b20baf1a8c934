/*
 * scripts/share/triggers/pg_cron: the real pg_cron runs what schedule.sql schedules.
 */
#include "support/suite.h"

#include "support/scene.h"
#include "support/testdb.h"
#include "triggers/machine.h"
#include "triggers/pg_cron.h"

#include <stdlib.h>
#include <string.h>

/* Of the job's last start but one that still runs. */
#define JOB(name, condition)                                                                       \
    "SELECT count(*) >= 1 FROM cron.job_run_details d JOIN cron.job j USING (jobid)"               \
    " WHERE j.jobname = '" name "' AND " condition

/* Covers: what the wrapper lets through of who starts it, which is nothing, and its place. */
START_TEST(test_files)
{
    char *wrapper = machine_read_trigger("pg_cron/syncsched-tick");
    char *schedule = machine_read_trigger("pg_cron/schedule.sql");

    ck_assert_ptr_nonnull(strstr(wrapper, "\nexec env -i PATH="));
    ck_assert_ptr_null(strchr(wrapper, '$'));
    ck_assert_ptr_nonnull(
        strstr(wrapper, "install -D -o root -g root -m 755 syncsched-tick " PG_CRON_WRAPPER "\n"));
    ck_assert_ptr_nonnull(strstr(schedule, " TO PROGRAM '" PG_CRON_WRAPPER "'$$"));
    free(schedule);
    free(wrapper);
}
END_TEST

/* A job that is scheduled again under its name gets this schedule instead. */
static void clean_every_minute(void)
{
    pg_cron_do("INSERT INTO cron.job_run_details (jobid, username, status, start_time, end_time)"
               " SELECT jobid, username, 'succeeded', at, at FROM cron.job,"
               " (VALUES (now() - interval '8 days'), (now() - interval '6 days')) AS t (at)"
               " WHERE jobname = 'syncsched'");
    pg_cron_do("UPDATE cron.job SET schedule = '* * * * *' WHERE jobname = 'syncsched-details'");
}

/* Covers: rows of more than a week go, by the job that is there for it; others stay. */
static void check_cleaning(void)
{
    machine_wait_for_job(JOB("syncsched-details", "d.status = 'succeeded'"), 65);
    machine_wait_for_job("SELECT min(start_time) BETWEEN now() - interval '7 days'"
                         " AND now() - interval '5 days' FROM cron.job_run_details",
                         0);
}

/* Covers: who the jobs run as may do no more than start programs. */
static void check_role(void)
{
    machine_wait_for_job(
        "SELECT NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication"
        " OR rolbypassrls) AND rolpassword IS NULL AND ARRAY['pg_execute_server_program'] ="
        " (SELECT array_agg(roleid::regrole::text) FROM pg_auth_members"
        " WHERE member = a.oid) FROM pg_authid a"
        " WHERE rolname = 'syncsched_trigger'",
        0);
    machine_wait_for_job("SELECT bool_and(username = 'syncsched_trigger') FROM cron.job", 0);
}

static void check_log(void)
{
    char *log =
        machine_shell("cat \"$(psql -Atc 'SHOW data_directory' |"
                      " sed 's|/data/\\([0-9]*\\)/regress$|/log/postgresql-\\1-regress.log|')\"");

    ck_assert_msg(strstr(log, "{\"triggered\":1,\"skipped\":0,\"failed\":0,") != NULL, "%s", log);
    free(log);
}

/* Covers: a tick within the minute; that a job fails with its tick; the cleaning. */
START_TEST(test_ticks)
{
    scene_seed(1, 1, "* * * * *");
    function_script(scene_function(), "* times=1 count=41\n* status=400");
    pg_cron_schedule();
    check_role();
    machine_wait_for("SELECT count(*) = 1 FROM sync_run_log WHERE status = 'completed'"
                     " AND records_exported = 41",
                     65);
    machine_wait_for_job(JOB("syncsched", "d.status = 'succeeded'"), 10);
    check_log();
    clean_every_minute();
    machine_wait_for("SELECT count(*) = 1 FROM sync_run_log WHERE status = 'failed'", 65);
    machine_wait_for_job(JOB("syncsched", "d.status = 'failed' AND d.return_message LIKE"
                                          " '%program%" PG_CRON_WRAPPER "%failed%'"),
                         10);
    check_cleaning();
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_trigger_state"
                                   " WHERE trigger_name = 'pg_cron'"),
                     1);
}
END_TEST

/* Covers: schedule.sql applied twice is one job of each name; unschedule.sql takes all of it back. */
START_TEST(test_comes_and_goes)
{
    pg_cron_schedule();
    pg_cron_schedule();
    machine_wait_for_job("SELECT count(*) = 2 FROM cron.job", 0);
    pg_cron_unschedule();
    pg_cron_unschedule();
    machine_wait_for_job("SELECT count(*) = 0 AND to_regrole('syncsched_trigger') IS NULL"
                         " FROM cron.job",
                         0);
}
END_TEST

static void open(void)
{
    machine_open();
    machine_install("pg_cron/syncsched-tick", PG_CRON_WRAPPER, "755");
}

static void close(void)
{
    pg_cron_unschedule();
    machine_close();
}

static void add_form(Suite *suite)
{
    TCase *form = tcase_create("form");

    tcase_add_test(form, test_files);
    suite_add_tcase(suite, form);
}

static void add_jobs(Suite *suite)
{
    TCase *jobs = tcase_create("jobs");

    tcase_add_checked_fixture(jobs, open, close);
    tcase_add_test(jobs, test_comes_and_goes);
    tcase_add_test(jobs, test_ticks);
    suite_add_tcase(suite, jobs);
}

SUITE(pg_cron)
{
    add_form(suite);
    if (machine_is_ours("pg_cron") && pg_cron_is_there("pg_cron"))
        add_jobs(suite);
}
