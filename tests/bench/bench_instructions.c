/*
 * Instructions as callgrind counts them: they repeat nearly exactly where times do not. The idle tick
 * beside the bare libpq program, and a call each of the cron grammar's. Needs valgrind.
 */
#include "bench.h"
#include "support/program.h"
#include "support/testdb.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INSTRUCTIONS_REPEATS = 1000, INSTRUCTIONS_EXPRESSIONS = 10, INSTRUCTIONS_ARGUMENTS = 8 };

static double instructions_of(const char *const argv[])
{
    const char *command[INSTRUCTIONS_ARGUMENTS + 4] = {"valgrind", "--tool=callgrind",
                                                       "--callgrind-out-file=/dev/null"};
    const char *const env[] = {"SUPABASE_DB_URL", "SUPABASE_SERVICE_ROLE_KEY=bench-key",
                               "SYNCSCHED_FUNCTION_URL=https://function.invalid/", NULL};
    struct program_result result;
    const char *collected;
    double count;

    for (size_t i = 0; argv[i] != NULL; i++)
        command[i + 3] = argv[i];
    result = program_run(command, env);
    collected = strstr(result.err, "Collected : ");
    ck_assert_msg(result.status == 0 && collected != NULL, "%s", result.err);
    count = strtod(collected + strlen("Collected : "), NULL);
    program_result_free(&result);
    return count;
}

static void instructions_print(const char *what, double count, double base)
{
    printf("%-44s %16.0f instructions", what, count);
    if (base > 0)
        printf("  %.3f of bare libpq (%+.0f)", count / base, count - base);
    putchar('\n');
}

/* What a call takes, from the difference that a thousand rounds make. */
static double instructions_of_call(const char *what)
{
    static const char program[] = TEST_BUILD_DIR "/tests/calls";
    double none = instructions_of((const char *[]){program, what, "0", NULL});
    double many = instructions_of((const char *[]){program, what, "1000", NULL});

    return (many - none) / INSTRUCTIONS_REPEATS / INSTRUCTIONS_EXPRESSIONS;
}

static void instructions_measure_idle(int pairs)
{
    double bare;
    char what[64];

    bench_create_due(pairs);
    testdb_exec("UPDATE organization_integrations SET cron_schedule = '0 0 1 1 *'");
    testdb_exec("UPDATE sync_schedule_state SET schedule = '0 0 1 1 * UTC'");
    testdb_exec("VACUUM ANALYZE");
    bare = instructions_of((const char *[]){TEST_BUILD_DIR "/tests/bare", "f", "f", NULL});
    snprintf(what, sizeof what, "instructions: idle, %d pairs", pairs);
    instructions_print(what,
                       instructions_of((const char *[]){TEST_BUILD_DIR "/syncsched", "run",
                                                        "--config", "/dev/null", NULL}),
                       bare);
    instructions_print("  bare libpq", bare, 0);
    testdb_drop();
}

void bench_instructions(void)
{
    instructions_measure_idle(100);
    instructions_measure_idle(100000);
    instructions_print("instructions: cron_parse, a call", instructions_of_call("parse"), 0);
    instructions_print("instructions: cron_next in UTC, a call", instructions_of_call("next"), 0);
}
