#include "bench.h"

#include "clock/stopwatch.h"
#include "support/program.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef TEST_BUILD_DIR
#define TEST_BUILD_DIR "build"
#endif

static const char bench_program[] = TEST_BUILD_DIR "/syncsched";

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
    printf("%-50s %12s %22s  %s\n", "what", "median", "min .. max", "ratio of medians");
}

void bench_print(const char *what, const struct bench_samples *samples, const char *unit,
                 double base, const char *base_name)
{
    struct bench_samples sorted = bench_sort(samples);
    double median = bench_median(samples);
    char spread[64];

    snprintf(spread, sizeof spread, "%.1f .. %.1f", sorted.values[0],
             sorted.values[sorted.count - 1]);
    printf("%-50s %9.1f %s %22s", what, median, unit, spread);
    if (base > 0)
        printf("  %.3f of %s (%+.1f %s)", median / base, base_name, median - base, unit);
    putchar('\n');
}

/* ---- What is measured ---- */

double bench_tick_ms(const char *function_url, const char *at, int triggered)
{
    const char *argv[] = {
        bench_program, "run", "--config", "/dev/null", at != NULL ? "--at" : NULL, at, NULL};
    char address[128];
    char expected[64];
    const char *env[] = {"SUPABASE_DB_URL", "SUPABASE_SERVICE_ROLE_KEY=bench-key", address, NULL};
    struct program_result result;
    int64_t started_us;
    int64_t wall_us;

    snprintf(address, sizeof address, "SYNCSCHED_FUNCTION_URL=%s", function_url);
    snprintf(expected, sizeof expected, "{\"triggered\":%d,\"skipped\":0,\"failed\":0,", triggered);
    started_us = stopwatch_now_us();
    result = program_run(argv, env);
    wall_us = stopwatch_now_us() - started_us;
    if (result.status != 0 || strncmp(result.out, expected, strlen(expected)) != 0)
        ck_abort_msg("syncsched ended with %d: %s%s", result.status, result.out, result.err);
    program_result_free(&result);
    return (double)wall_us / 1000;
}

double bench_child_ms(bool (*work)(const void *context), const void *context)
{
    int64_t started_us = stopwatch_now_us();
    pid_t child = fork();
    int status = 0;

    if (child == 0)
        _exit(work(context) ? 0 : 1);
    ck_assert_int_gt(child, 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(status == 0, "the bare program failed: wait status %d", status);
    return (double)(stopwatch_now_us() - started_us) / 1000;
}
