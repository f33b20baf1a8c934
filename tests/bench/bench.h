/*
 * The benchmarks: each measures and prints rows of one table; none passes or fails on a timing.
 *
 * A benchmark runs as a Check test, so that it may use tests/support and ck_assert for the work
 * itself (all runs completed, nothing was due), and only that decides the exit status.
 */
#ifndef SYNCSCHED_TESTS_BENCH_H
#define SYNCSCHED_TESTS_BENCH_H

#include <stdbool.h>
#include <stdint.h>

void bench_busy(void);
void bench_busy_quick(void);
void bench_idle(void);
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

/*
 * Runs `syncsched run` on the current test database, with --at unless at is NULL, and expects it to
 * trigger and complete that many runs and to skip none. Returns the wall time of the whole process.
 */
double bench_tick_ms(const char *function_url, const char *at, int triggered);

/* The wall time of a forked child that does the work, which must return true. */
double bench_child_ms(bool (*work)(const void *context), const void *context);

#endif
