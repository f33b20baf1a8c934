/* A tick when nothing is due, the most frequent of all: 100 to 100,000 pairs. */
#include "bench.h"

#include "base/text.h"
#include "plan/due.h"
#include "store/schedules.h"
#include "support/testdb.h"
#include "time/clock.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    IDLE_ROUNDS = 15,
    IDLE_PEER_ROUNDS = 3,
    IDLE_EXPRESSIONS = 200,
    IDLE_PAIRS_AN_ORGANISATION = 10
};
enum { IDLE_DEADLINE_MS = 30000, IDLE_CATCH_UP_MS = 3600 * 1000 };

/* Nobody is called. */
static const char idle_url[] = "https://function.invalid/";

/* ---- Schedules that do not fire now ---- */

/* One of 200, no two with the same minute and hour; its hour is 4 to 21 after the given one. */
static void idle_add_expression(struct text *sql, int index, int hour_now)
{
    int hour = (hour_now + 4 + index % 18) % 24;
    int minute = index / 18 * 5;

    text_add(sql, index > 0 ? ", '" : "'");
    switch (index % 5) {
    case 0:
        text_addf(sql, "%d %d * * *", minute, hour);
        break;
    case 1:
        text_addf(sql, "%d %d * * 1-5", minute, hour);
        break;
    case 2:
        text_addf(sql, "%d,%d %d * * MON,WED,FRI", minute, minute + 2, hour);
        break;
    case 3:
        text_addf(sql, "%d %d 1,15 * *", minute, hour);
        break;
    default:
        text_addf(sql, "%d-%d/2 %d * jan-jun,sep-dec *", minute, minute + 4, hour);
        break;
    }
    text_add(sql, "'");
}

/* One tick takes on so many new pairs only: it ticks as long as states are added. */
static void idle_tick_until_seen(int pairs)
{
    struct bench_costs ignored = {0};
    long seen = 0;
    long seen_before;

    do {
        seen_before = seen;
        bench_tick(idle_url, 0, &ignored);
        seen = testdb_number("SELECT count(*) FROM sync_schedule_state");
    } while (seen > seen_before && seen < pairs);
    ck_assert_int_eq(seen, pairs);
}

/* Pairs whose states exist: ticks have seen them all. Every fourth organisation is at +02:00. */
static void idle_create(int pairs)
{
    struct text expressions = {0};
    int hour = (int)testdb_number("SELECT extract(hour FROM now() AT TIME ZONE 'UTC')::integer");

    for (int i = 0; i < IDLE_EXPRESSIONS; i++)
        idle_add_expression(&expressions, i, hour);
    testdb_exec("INSERT INTO organizations (id, name, timezone)\n"
                "SELECT md5('o' || n)::uuid, 'Organisation ' || n,\n"
                "       CASE WHEN n %% 4 = 3 THEN '+02:00' END\n"
                "  FROM generate_series(0, %d) AS n",
                pairs / IDLE_PAIRS_AN_ORGANISATION - 1);
    testdb_exec("INSERT INTO organization_integrations\n"
                "       (org_id, integration_id, integration_type, cron_schedule)\n"
                "SELECT md5('o' || n / %d)::uuid, md5('i' || n)::uuid,\n"
                "       (ARRAY['xledger', 'dynamics', 'bufdir'])[n %% 3 + 1],\n"
                "       (ARRAY[%s])[n %% %d + 1]\n"
                "  FROM generate_series(0, %d) AS n",
                IDLE_PAIRS_AN_ORGANISATION, text_string(&expressions), IDLE_EXPRESSIONS, pairs - 1);
    text_free(&expressions);
    idle_tick_until_seen(pairs);
    testdb_exec("VACUUM ANALYZE"); /* the throwaway server has no autovacuum */
}

/* ---- The whole process, beside a bare libpq program ---- */

static void idle_measure_process(int pairs)
{
    const char *const bare[] = {TEST_BUILD_DIR "/tests/bare", "f", "f", NULL};
    struct bench_costs ticks = {0};
    struct bench_costs reads = {0};
    struct bench_costs peers = {0};
    bool has_peer = true;
    char expected[16];
    char what[64];

    snprintf(expected, sizeof expected, "%d\n", pairs);
    for (int round = 0; round < IDLE_ROUNDS; round++) {
        bench_tick(idle_url, 0, &ticks);
        bench_command(bare, NULL, expected, &reads);
        has_peer = has_peer && round < (pairs > 10000 ? 1 : IDLE_PEER_ROUNDS) &&
                   bench_peer(idle_url, 0, &peers);
    }
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log"), 0);
    snprintf(what, sizeof what, "idle: %d pairs", pairs);
    bench_print_costs(what, &ticks, &reads, "bare libpq");
    snprintf(what, sizeof what, "idle: %d pairs, bare libpq", pairs);
    bench_print_costs(what, &reads, NULL, NULL);
    if (peers.wall_ms.count == 0)
        return;
    snprintf(what, sizeof what, "idle: %d pairs, Node", pairs);
    bench_print_costs(what, &peers, &ticks, "syncsched");
}

/* ---- Reading and parsing alone, on an open connection ---- */

struct idle_reading {
    struct due_options due;
    struct due_count count;
    struct claim claim;
    struct zones zones;
    struct due_texts texts;
    size_t rows;
    size_t faults;
    bool decides;
};

static void idle_take_schedule(void *context, const struct schedules_reading *found,
                               const struct schedule *schedule)
{
    struct idle_reading *reading = context;
    struct error fault = {0};

    reading->rows++;
    if (!reading->decides)
        return;
    if (reading->rows == 1)
        reading->due = (struct due_options){
            .t_us = found->now_us,
            .window = window_of(found->now_us),
            .policy = {.catch_up_ms = IDLE_CATCH_UP_MS},
            .clocks_agree = true,
            .may_give_up = true,
            .zones = &reading->zones,
            .texts = &reading->texts,
        };
    due_decide(&reading->due, schedule, &reading->claim, &reading->count, &fault);
    reading->faults += fault.kind != ERROR_NONE ? 1 : 0;
}

static double idle_read_ms(struct database *db, bool decides, int pairs)
{
    struct idle_reading reading = {.decides = decides};
    struct schedules_options options = {
        .deadline_ms = clock_now_ms() + IDLE_DEADLINE_MS,
        .read_schedule = idle_take_schedule,
        .context = &reading,
    };
    struct schedules_reading found;
    struct error err = {0};
    int64_t started_us = clock_now_us();
    bool ok = schedules_read(db, &options, &found, &err);
    int64_t wall_us = clock_now_us() - started_us;

    ck_assert_msg(ok, "%s", err.message);
    ck_assert_uint_eq(reading.rows, (size_t)pairs);
    ck_assert_uint_eq(reading.count.schedules, decides ? (size_t)pairs : 0);
    ck_assert_uint_eq(reading.faults, 0);
    ck_assert_uint_eq(reading.claim.key_count, 0);
    claim_free(&reading.claim);
    zones_free(&reading.zones);
    due_texts_free(&reading.texts);
    return (double)wall_us / 1000;
}

static void idle_measure_reading(int pairs)
{
    struct bench_samples decided = {0};
    struct bench_samples dropped = {0};
    struct error err = {0};
    struct database *db =
        database_open(&(struct database_address){0}, clock_now_ms() + IDLE_DEADLINE_MS, &err);
    char what[64];

    ck_assert_msg(db != NULL, "%s", err.message);
    idle_read_ms(db, true, pairs); /* the session's caches are cold the first time */
    for (int round = 0; round < IDLE_ROUNDS; round++) {
        bench_add(&decided, idle_read_ms(db, true, pairs));
        bench_add(&dropped, idle_read_ms(db, false, pairs));
    }
    database_close(db);
    snprintf(what, sizeof what, "idle: %d pairs, read, parse and decide alone", pairs);
    bench_print(what, &decided, "ms", bench_median(&dropped), "reading only");
    snprintf(what, sizeof what, "idle: %d pairs, read only", pairs);
    bench_print(what, &dropped, "ms", 0, NULL);
}

void bench_idle(void)
{
    static const int sizes[] = {100, 1000, 10000, 100000};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        testdb_create();
        idle_create(sizes[i]);
        idle_measure_process(sizes[i]);
        idle_measure_reading(sizes[i]);
        testdb_drop();
    }
}
