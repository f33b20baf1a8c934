/* 20 integrations due at once: the real program, the scripted function, 5 workers. */
#include "bench.h"
#include "support/function.h"
#include "support/testdb.h"

#include <check.h>
#include <curl/curl.h>
#include <stdio.h>

enum {
    BUSY_DUE = 20,
    BUSY_LATENCY_MS = 2000,
    BUSY_WORKERS = 5,
    BUSY_ROUNDS = 3,
    QUICK_ROUNDS = 15
};

static void busy_create_due(void)
{
    testdb_create();
    testdb_exec("INSERT INTO organizations (id, name)\n"
                "SELECT md5('o' || n)::uuid, 'Organisation ' || n FROM generate_series(0, 3) AS n");
    testdb_exec("INSERT INTO organization_integrations\n"
                "       (org_id, integration_id, integration_type, cron_schedule)\n"
                "SELECT md5('o' || n %% 4)::uuid, md5('i' || n)::uuid,\n"
                "       (ARRAY['xledger', 'dynamics', 'bufdir'])[n %% 3 + 1], '0 2 * * *'\n"
                "  FROM generate_series(1, %d) AS n",
                BUSY_DUE);
}

/* A tick for the slot of another day, so that nothing of the earlier rounds covers it. */
static double busy_tick_ms(const struct function *function, int round)
{
    char at[32];

    snprintf(at, sizeof at, "2024-05-%02dT02:00:00Z", round + 1);
    return bench_tick_ms(function_url(function), at, BUSY_DUE);
}

static void busy_expect_completed(const struct function *function, int rounds)
{
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE status = 'completed'"),
                     (long)rounds * BUSY_DUE);
    ck_assert_uint_eq(function_doubled_keys(function), 0);
}

void bench_busy(void)
{
    double ideal_ms = (double)BUSY_DUE / BUSY_WORKERS * BUSY_LATENCY_MS;
    struct bench_samples walls = {0};
    struct function *function;
    char script[64];

    busy_create_due();
    function = function_start();
    snprintf(script, sizeof script, "* latency_ms=%d\n", BUSY_LATENCY_MS);
    function_script(function, script);
    for (int round = 0; round < BUSY_ROUNDS; round++)
        bench_add(&walls, busy_tick_ms(function, round));
    busy_expect_completed(function, BUSY_ROUNDS);
    bench_print("busy: 20 due, function of 2 s, 5 workers", &walls, "ms", ideal_ms,
                "the ideal 8 s");
    function_stop(function);
    testdb_drop();
}

/* ---- What is left when the function takes no time ---- */

static size_t busy_drop_answer(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes;
    (void)context;
    return size * count;
}

/* As many POSTs of about the same body, one after another on one connection, and no database. */
static bool busy_post_bare(const void *context)
{
    static const char body[] =
        "{\"runId\":\"00000000-0000-4000-8000-000000000000\","
        "\"orgId\":\"00000000-0000-4000-8000-000000000000\","
        "\"integrationId\":\"00000000-0000-4000-8000-000000000000\","
        "\"integrationType\":\"xledger\",\"scheduledFor\":\"2024-05-01T02:00:00Z\"}";
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    CURL *easy = curl_easy_init();
    bool ok = easy != NULL;

    curl_easy_setopt(easy, CURLOPT_URL, (const char *)context);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, busy_drop_answer);
    for (int i = 0; i < BUSY_DUE && ok; i++) {
        long status = 0;

        ok = curl_easy_perform(easy) == CURLE_OK &&
             curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK && status == 200;
    }
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    return ok;
}

void bench_busy_quick(void)
{
    struct bench_samples walls = {0};
    struct bench_samples bare = {0};
    struct function *function;

    busy_create_due();
    function = function_start();
    for (int round = 0; round < QUICK_ROUNDS; round++) {
        bench_add(&walls, busy_tick_ms(function, round));
        bench_add(&bare, bench_child_ms(busy_post_bare, function_url(function)));
    }
    busy_expect_completed(function, QUICK_ROUNDS);
    ck_assert_uint_eq(function_count(function, NULL), 2 * QUICK_ROUNDS * BUSY_DUE);
    bench_print("busy-quick: 20 due, function of 0 ms, 5 workers", &walls, "ms",
                bench_median(&bare), "the bare POSTs");
    bench_print("busy-quick: 20 bare POSTs, no database", &bare, "ms", 0, NULL);
    function_stop(function);
    testdb_drop();
}
