/*
 * The benchmarks: each measures and prints rows of one table; none passes or fails on a timing.
 *
 * A benchmark runs as a Check test, so that it may use tests/support and ck_assert for the work
 * itself (all runs completed, nothing was due), and only that decides the exit status. What is
 * compared is measured in turn, A B A B, so that both have the machine's better and worse moments.
 */
#ifndef SYNCSCHED_TESTS_BENCH_H
#define SYNCSCHED_TESTS_BENCH_H

#include "support/function.h"

#include <stdbool.h>
#include <stdint.h>

void bench_busy(void);
void bench_busy_many(void);
void bench_busy_quick(void);
void bench_capacity(void);
void bench_claim(void);
void bench_history(void);
void bench_hosts(void);
void bench_idle(void);
void bench_instructions(void);
void bench_looks(void);
void bench_pages(void);
void bench_parse(void);
void bench_start(void);

enum { BENCH_ROUNDS_MAX = 256 };

/* What the rounds gave, all in one unit. */
struct bench_samples {
    double values[BENCH_ROUNDS_MAX];
    int count;
};

void bench_add(struct bench_samples *samples, double value);
double bench_median(const struct bench_samples *samples);

void bench_print_head(void);

/*
 * One row. With a base it also tells the ratio of the median to it and by how much it is more, "1.040
 * of NAME (+0.2 ms)"; 0: neither.
 */
void bench_print(const char *what, const struct bench_samples *samples, const char *unit,
                 double base, const char *base_name);

/* What whole processes cost, their children included: time, time on a processor, most memory. */
struct bench_costs {
    struct bench_samples wall_ms;
    struct bench_samples cpu_ms;
    struct bench_samples most_mib;
};

/* A row for each of the three; base NULL: without ratios. */
void bench_print_costs(const char *what, const struct bench_costs *costs,
                       const struct bench_costs *base, const char *base_name);

/*
 * Runs a command, which must end with 0 and whose output must begin with expected, and adds what it
 * cost. env as for program_run().
 */
void bench_command(const char *const argv[], const char *const env[], const char *expected,
                   struct bench_costs *costs);

/*
 * Runs `syncsched run` on the current test database and expects it to trigger and complete that many
 * runs and to skip none.
 */
void bench_tick(const char *function_url, int triggered, struct bench_costs *costs);

/* The Node program that does the same the plain way; false where it cannot take part. */
bool bench_peer(const char *function_url, int triggered, struct bench_costs *costs);

/*
 * Organisations of ten integrations each, all of them due each minute, whose states a tick has seen;
 * bench_make_due() makes the current minute's slot the only one that each of them owes.
 */
void bench_create_due(int integrations);
void bench_make_due(void);

#endif
