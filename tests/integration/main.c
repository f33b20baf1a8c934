/*
 * integration [--suites]: runs the integration tests against the PostgreSQL server that libpq's PG*
 * environment names, or prints the suites' names. CK_RUN_SUITE and CK_RUN_CASE choose among them, as
 * Check documents.
 */
#include "integration/suites.h"
#include "support/testdb.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMED(name) #name, suite_##name

struct suite {
    const char *name;
    Suite *(*create)(void);
};

/* PostgreSQL's own TLS cannot be asked about where a pooler is in the way. */
static const struct suite direct = {NAMED(tls)};
static const struct suite pooled = {NAMED(pooled)};

/* The longest first: so scripts/dev/in-shards takes them. */
static const struct suite suites[] = {
    {NAMED(tick_answers)},
    {NAMED(tick_tls)},
    {NAMED(tick_stops)},
    {NAMED(warm)},
    {NAMED(hostile_rows)},
    {NAMED(tick_debts)},
    {NAMED(tick_locks)},
    {NAMED(tick_faults)},
    {NAMED(tick_connections)},
    {NAMED(tick_proxy)},
    {NAMED(round_trips)},
    {NAMED(tick_retries)},
    {NAMED(traces)},
    {NAMED(tick)},
    {NAMED(passwords)},
    {NAMED(tick_attempts)},
    {NAMED(schema)},
    {NAMED(roles)},
    {NAMED(zones)},
    {NAMED(audit)},
    {NAMED(next)},
    {NAMED(connect)},
    {NAMED(prune_races)},
    {NAMED(usage)},
    {NAMED(tick_late)},
    {NAMED(tick_marks)},
    {NAMED(check_cron_lines)},
    {NAMED(prune)},
    {NAMED(schema_access)},
    {NAMED(upgrade)},
    {NAMED(schema_version)},
    {NAMED(window)},
    {NAMED(output)},
    {NAMED(secrets)},
    {NAMED(check_cron)},
    {NAMED(keys)},
    {NAMED(tick_guards)},
    {NAMED(manual)},
    {NAMED(completion)},
    {NAMED(configuration)},
    {NAMED(reference)},
    {NAMED(scale)},
    {NAMED(release)},
    {NAMED(doctor_settings)},
    {NAMED(doctor_asks)},
    {NAMED(doctor_output)},
    {NAMED(doctor)},
    {NAMED(alert)},
    {NAMED(alert_hurt)},
    {NAMED(monitor)},
    {NAMED(log)},
    {NAMED(health_probe)},
    {NAMED(probe_week)},
    {NAMED(probe)},
    {NAMED(status)},
    {NAMED(status_text)},
    {NAMED(status_cost)},
};

enum { SUITES = sizeof suites / sizeof suites[0] };

static int print_suites(const struct suite *own)
{
    puts(own->name);
    for (size_t i = 0; i < SUITES; i++)
        puts(suites[i].name);
    return EXIT_SUCCESS;
}

static int run_suites(const struct suite *own)
{
    SRunner *runner = srunner_create(own->create());
    int failed;

    for (size_t i = 0; i < SUITES; i++)
        srunner_add_suite(runner, suites[i].create());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const struct suite *own = testdb_is_pooled() ? &pooled : &direct;

    if (argc > 1 && strcmp(argv[1], "--suites") == 0)
        return print_suites(own);
    /* The tests create roles and drop databases: never on a server that was not named. */
    if (getenv("PGHOST") == NULL || getenv("PGPORT") == NULL) {
        fputs("PGHOST and PGPORT must name a throwaway server: run this under pg_virtualenv\n",
              stderr);
        return EXIT_FAILURE;
    }
    return run_suites(own);
}
