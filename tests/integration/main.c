/*
 * Runs the integration tests against the PostgreSQL server that libpq's PG* environment names.
 * CK_RUN_SUITE and CK_RUN_CASE choose among them, as Check documents.
 */
#include "integration/suites.h"
#include "support/testdb.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static Suite *(*const suites[])(void) = {
    suite_schema,       suite_schema_access, suite_connect,
    suite_roles,        suite_passwords,     suite_keys,
    suite_secrets,      suite_round_trips,   suite_tick,
    suite_tick_faults,  suite_tick_stops,    suite_tick_marks,
    suite_tick_locks,   suite_tick_debts,    suite_tick_late,
    suite_tick_retries, suite_tick_attempts, suite_tick_connections,
    suite_tick_guards,  suite_prune,         suite_prune_races,
    suite_traces,       suite_audit,         suite_usage,
    suite_output,       suite_libraries,     suite_manual,
    suite_offline,      suite_check_cron,    suite_check_cron_lines,
    suite_next,         suite_zones,         suite_window,
    suite_warm,         suite_hostile_rows,  suite_tick_answers,
    suite_tick_tls,     suite_tick_proxy,    suite_scale,
};

int main(void)
{
    SRunner *runner = srunner_create(NULL);
    int failed;

    /* The tests create roles and drop databases: never on a server that was not named. */
    if (getenv("PGHOST") == NULL || getenv("PGPORT") == NULL) {
        fputs("PGHOST and PGPORT must name a throwaway server: run this under pg_virtualenv\n",
              stderr);
        return EXIT_FAILURE;
    }
    /* PostgreSQL's own TLS cannot be asked about where a pooler is in the way. */
    if (testdb_is_pooled())
        puts("not asked: suite tls: the pooler has a TLS of its own");
    srunner_add_suite(runner, testdb_is_pooled() ? suite_pooled() : suite_tls());
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++)
        srunner_add_suite(runner, suites[i]());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
