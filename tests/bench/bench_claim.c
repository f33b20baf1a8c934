/*
 * The claim alone, on an open connection: 20, 2,000 and 20,000 integrations due at once, and 2,000
 * that were due in each minute of the last month.
 */
#include "bench.h"

#include "plan/due.h"
#include "store/claim.h"
#include "store/schedules.h"
#include "support/testdb.h"
#include "time/clock.h"

#include <check.h>
#include <stdio.h>

enum { CLAIM_ROUNDS = 5, CLAIM_DEADLINE_MS = 60000, CLAIM_DEBT_MINUTES = 31 * 24 * 60 };

/* A tick as far as the claim. */
struct claiming {
    struct due_options due;
    struct due_count count;
    struct claim claim;
    struct zones zones;
    struct due_texts texts;
};

static void claim_take_schedule(void *context, const struct schedules_reading *found,
                                const struct schedule *schedule)
{
    struct claiming *claiming = context;
    struct error fault = {0};

    if (claiming->count.schedules == 0)
        claiming->due = (struct due_options){
            .t_us = found->now_us,
            .window = window_of(found->now_us),
            .policy = {.catch_up_ms = INT64_C(60000) * (CLAIM_DEBT_MINUTES + 10)},
            .clocks_agree = true,
            .may_give_up = true,
            .zones = &claiming->zones,
            .texts = &claiming->texts,
        };
    due_decide(&claiming->due, schedule, &claiming->claim, &claiming->count, &fault);
    ck_assert_int_eq(fault.kind, ERROR_NONE);
}

/* Each of the schedules falls due every minute, and was served last so many minutes ago. */
static void claim_make_debts(int minutes)
{
    testdb_exec("UPDATE organization_integrations SET cron_schedule = '* * * * *';"
                "UPDATE sync_schedule_state"
                "   SET schedule = '* * * * * UTC', mark = mark - %d * interval '1 minute'",
                minutes);
}

static double claim_ms(struct database *db, size_t due)
{
    struct claiming claiming = {0};
    struct schedules_options reading = {.read_schedule = claim_take_schedule, .context = &claiming};
    struct schedules_reading found;
    struct claim_options options;
    struct claim_result result;
    struct error err = {0};
    int64_t deadline_ms = clock_now_ms() + CLAIM_DEADLINE_MS;
    int64_t started_us;
    int64_t wall_us;

    reading.deadline_ms = deadline_ms;
    ck_assert(schedules_read(db, &reading, &found, &err));
    claim_sort(&claiming.claim);
    options = (struct claim_options){
        .policy = {.max_attempts = 1},
        .window = claiming.due.window,
        .t_us = found.now_us,
        .now_us = found.now_us,
        .valid_until_ms = deadline_ms,
        .deadline_ms = deadline_ms,
        .clocks_agree = true,
        .may_give_up = true,
    };
    started_us = clock_now_us();
    ck_assert_msg(claim_execute(db, &claiming.claim, &options, &result, &err), "%s", err.message);
    wall_us = clock_now_us() - started_us;
    ck_assert_uint_eq(result.run_count, due);
    claim_result_free(&result);
    claim_free(&claiming.claim);
    zones_free(&claiming.zones);
    due_texts_free(&claiming.texts);
    return (double)wall_us / 1000;
}

static void claim_measure(int due, int debt_minutes)
{
    struct bench_samples samples = {0};
    struct bench_samples each = {0};
    struct error err = {0};
    char what[64];

    bench_create_due(due);
    for (int round = 0; round < CLAIM_ROUNDS; round++) {
        struct database *db =
            database_open(&(struct database_address){0}, clock_now_ms() + CLAIM_DEADLINE_MS, &err);
        double ms;

        ck_assert_msg(db != NULL, "%s", err.message);
        bench_make_due();
        if (debt_minutes > 0)
            claim_make_debts(debt_minutes);
        ms = claim_ms(db, (size_t)due);
        bench_add(&samples, ms);
        bench_add(&each, 1000 * ms / due);
        database_close(db);
    }
    testdb_drop();
    snprintf(what, sizeof what, "claim: %d due%s", due, debt_minutes > 0 ? ", for a month" : "");
    bench_print(what, &samples, "ms", 0, NULL);
    bench_print("  for each", &each, "us", 0, NULL);
}

void bench_claim(void)
{
    claim_measure(20, 0);
    claim_measure(2000, 0);
    claim_measure(2000, CLAIM_DEBT_MINUTES);
    claim_measure(20000, 0);
}
