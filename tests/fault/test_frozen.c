/* A tick that stops in the middle of its claim must not keep the others from their work. */
#include "fault/fault.h"
#include "fault/proxy.h"
#include "support/testdb.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The server ends the transaction after five seconds; without that it would stay for ever. */
enum { FROZEN_PATIENCE_MS = 35000 };

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Ticks as often as cron never would, until the runs of both integrations are completed. */
static int64_t wait_for_others(int64_t since_ms)
{
    while (now_ms() - since_ms < FROZEN_PATIENCE_MS) {
        struct scene_tick tick = scene_run("");

        scene_tick_free(&tick);
        if (scene_count("completed") == 2)
            break;
        scene_sleep_ms(100);
    }
    return now_ms() - since_ms;
}

/* The claim's statements are carried out, and its COMMIT does not come: what it locked stays so. */
START_TEST(test_frozen_in_the_claim)
{
    int64_t slot = scene_settle(45000);
    struct proxy *proxy = proxy_start(fault_seed());
    struct program *frozen;
    int64_t since_ms;
    int64_t took_ms;

    snprintf(proxy->only_with, sizeof proxy->only_with, "pg_try_advisory_xact_lock");
    proxy->percent[PROXY_HOLD] = 100;
    scene_seed(1, 2, scene_minute_cron(slot));
    scene_set_variable(proxy->url);
    frozen = scene_start("");
    scene_wait_for("SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory'");
    since_ms = now_ms();
    program_signal(frozen, SIGSTOP);
    scene_set_variable(NULL);
    took_ms = wait_for_others(since_ms);
    printf("%-20s the others went on after %.1f s\n", "frozen in its claim",
           (double)took_ms / 1000);
    program_signal(frozen, SIGKILL);
    scene_expect(scene_wait(frozen), -1, -1, -1, 128 + SIGKILL);
    ck_assert_int_eq(scene_count("completed"), 2);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 2);
}
END_TEST

TCase *tcase_frozen(void)
{
    TCase *tcase = tcase_create("frozen");

    tcase_set_timeout(tcase, 180);
    tcase_add_checked_fixture(tcase, scene_open, scene_close);
    tcase_add_test(tcase, test_frozen_in_the_claim);
    return tcase;
}
