/*
 * Integrations that are due at once: the real program and the scripted function, beside curl, which
 * only makes as many POSTs, five in parallel, and asks no database.
 */
#include "bench.h"
#include "support/function.h"
#include "support/testdb.h"

#include <check.h>
#include <stdio.h>
#include <unistd.h>

enum { BUSY_WORKERS = 5 };

/* One busy tick, and how often it is measured. */
struct busy {
    const char *what;
    int due;
    int latency_ms;
    int rounds;
};

/* A body of a run's size, to the function, as many times; the caller removes the file. */
static void busy_write_curl_config(const char *function_url, int posts, char path[])
{
    int fd = mkstemp(path);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

    ck_assert_ptr_nonnull(file);
    fputs("parallel\nparallel-immediate\nparallel-max = 5\nsilent\nshow-error\nfail\n", file);
    for (int i = 0; i < posts; i++)
        fprintf(file,
                "%surl = \"%s\"\noutput = \"/dev/null\"\nnoproxy = \"*\"\nheader = \"Content-Type: "
                "application/json\"\n"
                "data = \"{\\\"runId\\\":\\\"00000000-0000-4000-8000-000000000000\\\","
                "\\\"orgId\\\":\\\"00000000-0000-4000-8000-000000000000\\\","
                "\\\"integrationId\\\":\\\"00000000-0000-4000-8000-%012d\\\","
                "\\\"integrationType\\\":\\\"xledger\\\","
                "\\\"scheduledFor\\\":\\\"2024-05-01T02:00:00Z\\\"}\"\n",
                i > 0 ? "next\n" : "", function_url, i);
    ck_assert_int_eq(fclose(file), 0);
}

static void busy_expect_completed(const struct function *function, const struct busy *busy)
{
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE status = 'completed'"),
                     busy->due);
    ck_assert_uint_eq(function_doubled_keys(function), 0);
    ck_assert_uint_le(function_most_in_flight(function), BUSY_WORKERS);
}

static void busy_measure_rounds(struct function *function, const struct busy *busy,
                                struct bench_costs *ticks, struct bench_costs *posts,
                                struct bench_costs *peers)
{
    char config[] = "/tmp/bench-curl-XXXXXX";
    const char *const curl[] = {"curl", "--disable", "--config", config, NULL};

    busy_write_curl_config(function_url(function), busy->due, config);
    for (int round = 0; round < busy->rounds; round++) {
        bench_make_due();
        function_clear_log(function);
        bench_tick(function_url(function), busy->due, ticks);
        busy_expect_completed(function, busy);
        bench_command(curl, NULL, "", posts);
        bench_make_due();
        bench_peer(function_url(function), busy->due, peers);
    }
    unlink(config);
}

static void busy_print(const struct busy *busy, const struct bench_costs *ticks,
                       const struct bench_costs *posts, const struct bench_costs *peers)
{
    double ideal_ms = (double)busy->due / BUSY_WORKERS * busy->latency_ms;
    char what[64];

    bench_print_costs(busy->what, ticks, posts, "curl");
    if (ideal_ms > 0)
        bench_print("  beside the ideal", &ticks->wall_ms, "ms", ideal_ms, "the ideal");
    printf("%-44s %9.0f a second\n", "  rate", busy->due * 1000.0 / bench_median(&ticks->wall_ms));
    snprintf(what, sizeof what, "  curl alone");
    bench_print(what, &posts->wall_ms, "ms", ideal_ms, "the ideal");
    printf("%-44s %9.0f a second\n", "  rate", busy->due * 1000.0 / bench_median(&posts->wall_ms));
    if (peers->wall_ms.count > 0)
        bench_print_costs("  Node", peers, ticks, "syncsched");
}

static void busy_measure(const struct busy *busy)
{
    struct bench_costs ticks = {0};
    struct bench_costs posts = {0};
    struct bench_costs peers = {0};
    struct function *function;
    char script[64];

    bench_create_due(busy->due);
    function = function_start();
    snprintf(script, sizeof script, "* latency_ms=%d\n", busy->latency_ms);
    function_script(function, script);
    busy_measure_rounds(function, busy, &ticks, &posts, &peers);
    busy_print(busy, &ticks, &posts, &peers);
    function_stop(function);
    testdb_drop();
}

void bench_busy(void)
{
    busy_measure(&(struct busy){"busy: 20 due, function of 1 s", 20, 1000, 3});
}

void bench_busy_quick(void)
{
    busy_measure(&(struct busy){"busy-quick: 20 due, function of 0 ms", 20, 0, 15});
}

void bench_busy_many(void)
{
    busy_measure(&(struct busy){"busy-many: 1000 due, function of 5 ms", 1000, 5, 5});
}
