#include "bench.h"

#include "support/program.h"
#include "support/testdb.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef TEST_BUILD_DIR
#define TEST_BUILD_DIR "build"
#endif

void bench_add(struct bench_samples *samples, double value)
{
    ck_assert_int_lt(samples->count, BENCH_ROUNDS_MAX);
    samples->values[samples->count++] = value;
}

static int bench_compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

static struct bench_samples bench_sort(const struct bench_samples *samples)
{
    struct bench_samples sorted = *samples;

    ck_assert_int_gt(sorted.count, 0);
    qsort(sorted.values, (size_t)sorted.count, sizeof sorted.values[0], bench_compare);
    return sorted;
}

double bench_median(const struct bench_samples *samples)
{
    struct bench_samples sorted = bench_sort(samples);
    int middle = sorted.count / 2;

    if (sorted.count % 2 == 1)
        return sorted.values[middle];
    return (sorted.values[middle - 1] + sorted.values[middle]) / 2;
}

/* ---- The table ---- */

void bench_print_head(void)
{
    printf("%-44s %19s %22s  %s\n", "what", "median", "min .. max", "ratio of medians");
}

void bench_print(const char *what, const struct bench_samples *samples, const char *unit,
                 double base, const char *base_name)
{
    struct bench_samples sorted = bench_sort(samples);
    double median = bench_median(samples);
    char spread[64];

    snprintf(spread, sizeof spread, "%.1f .. %.1f", sorted.values[0],
             sorted.values[sorted.count - 1]);
    printf("%-44s %9.1f %-9s %22s", what, median, unit, spread);
    if (base > 0)
        printf("  %.3f of %s (%+.1f %s)", median / base, base_name, median - base, unit);
    putchar('\n');
}

/* "0.912 of NAME" for each figure, as far as there is something to compare with. */
void bench_print_costs(const char *what, const struct bench_costs *costs,
                       const struct bench_costs *base, const char *base_name)
{
    const struct {
        const char *unit;
        const struct bench_samples *samples;
        const struct bench_samples *base;
    } rows[] = {
        {"ms", &costs->wall_ms, base != NULL ? &base->wall_ms : NULL},
        {"ms of CPU", &costs->cpu_ms, base != NULL ? &base->cpu_ms : NULL},
        {"MiB", &costs->most_mib, base != NULL ? &base->most_mib : NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        bench_print(i == 0 ? what : "", rows[i].samples, rows[i].unit,
                    rows[i].base != NULL ? bench_median(rows[i].base) : 0, base_name);
}

/* ---- What is measured ---- */

enum { BENCH_ARGUMENTS_MAX = 14, BENCH_AN_ORGANISATION = 10 };

void bench_command(const char *const argv[], const char *const env[], const char *expected,
                   struct bench_costs *costs)
{
    const char *command[BENCH_ARGUMENTS_MAX + 2] = {TEST_BUILD_DIR "/tests/cost"};
    struct program_result result;
    const char *report;
    long long wall_us;
    long long cpu_us;
    long most_kib;

    for (size_t i = 0; argv[i] != NULL; i++) {
        ck_assert_uint_lt(i, BENCH_ARGUMENTS_MAX);
        command[i + 1] = argv[i];
    }
    result = program_run(command, env);
    report = strstr(result.err, "cost: ");
    if (result.status != 0 || strncmp(result.out, expected, strlen(expected)) != 0 ||
        report == NULL || sscanf(report, "cost: %lld %lld %ld", &wall_us, &cpu_us, &most_kib) != 3)
        ck_abort_msg("%s ended with %d: %s%s", argv[0], result.status, result.out, result.err);
    program_result_free(&result);
    bench_add(&costs->wall_ms, (double)wall_us / 1000);
    bench_add(&costs->cpu_ms, (double)cpu_us / 1000);
    bench_add(&costs->most_mib, (double)most_kib / 1024);
}

/* A tick by the program, or by what is compared with it; both print the same summary. */
static void bench_tick_of(const char *const argv[], const char *function_url, int triggered,
                          struct bench_costs *costs)
{
    char address[128];
    char expected[64];
    const char *const env[] = {"SUPABASE_DB_URL", "SUPABASE_SERVICE_ROLE_KEY=bench-key", address,
                               NULL};

    snprintf(address, sizeof address, "SYNCSCHED_FUNCTION_URL=%s", function_url);
    snprintf(expected, sizeof expected, "{\"triggered\":%d,\"skipped\":0,\"failed\":0,", triggered);
    bench_command(argv, env, expected, costs);
}

void bench_tick(const char *function_url, int triggered, struct bench_costs *costs)
{
    bench_tick_of(
        (const char *[]){TEST_BUILD_DIR "/syncsched", "run", "--config", "/dev/null", NULL},
        function_url, triggered, costs);
}

bool bench_peer(const char *function_url, int triggered, struct bench_costs *costs)
{
    static bool is_told;

    if (access("tests/bench/peer/node_modules", F_OK) != 0) {
        if (!is_told)
            puts("not measured: the Node program (npm ci --prefix tests/bench/peer)");
        is_told = true;
        return false;
    }
    bench_tick_of((const char *[]){"node", "tests/bench/peer/peer.mjs", NULL}, function_url,
                  triggered, costs);
    return true;
}

/* ---- What there is to do ---- */

void bench_create_due(int integrations)
{
    testdb_create();
    testdb_exec("INSERT INTO organizations (id, name)\n"
                "SELECT md5('o' || n)::uuid, 'Organisation ' || n FROM generate_series(0, %d) AS n",
                (integrations - 1) / BENCH_AN_ORGANISATION);
    testdb_exec("INSERT INTO organization_integrations\n"
                "       (org_id, integration_id, integration_type, cron_schedule)\n"
                "SELECT md5('o' || n / %d)::uuid, md5('i' || n)::uuid,\n"
                "       (ARRAY['xledger', 'dynamics', 'bufdir'])[n %% 3 + 1], '* * * * *'\n"
                "  FROM generate_series(0, %d) AS n",
                BENCH_AN_ORGANISATION, integrations - 1);
    testdb_exec("INSERT INTO sync_schedule_state (org_id, integration_id, schedule, mark)\n"
                "SELECT org_id, integration_id, '* * * * * UTC', date_trunc('minute', now())\n"
                "  FROM organization_integrations");
    testdb_exec("VACUUM ANALYZE"); /* the throwaway server has no autovacuum */
}

void bench_make_due(void)
{
    testdb_exec("TRUNCATE sync_run_log");
    testdb_exec("UPDATE sync_schedule_state\n"
                "   SET mark = date_trunc('minute', now()) - interval '1 minute'");
}
