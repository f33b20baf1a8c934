/*
 * Covers lib/plan/capacity.c, and with lib/plan/turns.c what it comes to: minutes with more due than
 * a tick can do, in virtual time.
 */
#include "support/suite.h"

#include "plan/capacity.h"
#include "plan/turns.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- One call ---- */

enum { WHOLE_MS = 50000, LATE_MS = 1000 };

/* What begin_until() returns of a tick that began at 100000. */
#define ALWAYS (INT64_MAX - 100000)

static struct capacity tick_at(int64_t began_ms)
{
    return (struct capacity){.began_ms = began_ms, .deadline_ms = began_ms + WHOLE_MS};
}

/* A call of this type that began and ended. */
static void make_call(struct capacity *capacity, const char *type, int64_t from_ms, int64_t to_ms)
{
    struct capacity_call call = {.type = type, .takes_ms = CAPACITY_NOT_KNOWN};

    capacity_begin(capacity, &call, from_ms);
    if (to_ms > 0)
        capacity_end(capacity, &call, to_ms);
}

/* How much of the tick is over when this call may not begin any more, asked behind its start. */
static int64_t begin_until(const struct capacity *capacity, const char *type, int64_t takes_ms)
{
    struct capacity_call call = {.type = type, .takes_ms = takes_ms};

    return capacity_begin_until_ms(capacity, &call, capacity->began_ms + WHOLE_MS / 10) -
           capacity->began_ms;
}

START_TEST(test_capacity_by_log)
{
    struct capacity capacity = tick_at(100000);

    ck_assert_int_eq(begin_until(&capacity, "xledger", CAPACITY_NOT_KNOWN), ALWAYS);
    ck_assert_int_eq(begin_until(&capacity, "xledger", 0), ALWAYS);
    ck_assert_int_eq(begin_until(&capacity, "xledger", 20000), 28000);
    ck_assert_int_eq(begin_until(&capacity, "xledger", 45000), 500);
}
END_TEST

/* Covers: a day that is slow for all; an integration of its own size; one without a past. */
START_TEST(test_capacity_by_today)
{
    struct capacity capacity = tick_at(100000);

    make_call(&capacity, "xledger", 100000, 101000);
    make_call(&capacity, "xledger", 100000, 119000);
    ck_assert_int_eq(begin_until(&capacity, "xledger", 1000), 39000);
    ck_assert_int_eq(begin_until(&capacity, "xledger", 20000), 28000);
    ck_assert_int_eq(begin_until(&capacity, "xledger", CAPACITY_NOT_KNOWN), 29100);
    ck_assert_int_eq(begin_until(&capacity, "bufdir", 1000), 48900);
    ck_assert_int_eq(begin_until(&capacity, "bufdir", CAPACITY_NOT_KNOWN), ALWAYS);
}
END_TEST

/* Covers: what is in flight has taken so long already. */
START_TEST(test_capacity_in_flight)
{
    struct capacity capacity = tick_at(100000);
    struct capacity_call call = {.type = "xledger", .takes_ms = CAPACITY_NOT_KNOWN};

    make_call(&capacity, "xledger", 100000, 0);
    ck_assert_int_gt(capacity_begin_until_ms(&capacity, &call, 120000), 120000);
    ck_assert_int_le(capacity_begin_until_ms(&capacity, &call, 130000), 130000);
    call.type = "bufdir";
    ck_assert_int_gt(capacity_begin_until_ms(&capacity, &call, 130000), 130000);
    call.type = "xledger";
    capacity_withdraw(&capacity, &call);
    ck_assert_int_gt(capacity_begin_until_ms(&capacity, &call, 130000), 130000);
}
END_TEST

/* Covers: what fits into no tick, or hardly, may begin first in one, and then only. */
START_TEST(test_capacity_too_long)
{
    struct capacity capacity = tick_at(100000);
    struct capacity_call call = {.type = "xledger", .takes_ms = 48000 + 12000 * _i};

    ck_assert_int_eq(capacity_begin_until_ms(&capacity, &call, 100000), INT64_MAX);
    ck_assert_int_eq(capacity_begin_until_ms(&capacity, &call, 104999), INT64_MAX);
    ck_assert_int_le(capacity_begin_until_ms(&capacity, &call, 105000), 105000);
    make_call(&capacity, "bufdir", 100000, 100001);
    ck_assert_int_le(capacity_begin_until_ms(&capacity, &call, 100002), 100002);
}
END_TEST

/* Covers: --timeout ends a call, however long those before it took. */
START_TEST(test_capacity_timeout)
{
    struct capacity capacity = tick_at(100000);

    capacity.timeout_ms = 10000;
    ck_assert_int_eq(begin_until(&capacity, "xledger", 60000), 40000);
}
END_TEST

/* Covers: more types than there are kinds: those without room are one kind. */
START_TEST(test_capacity_many_types)
{
    struct capacity capacity = tick_at(100000);
    char type[RUN_TYPE_SIZE];

    for (int i = 0; i < 3 * CAPACITY_KINDS_MAX; i++) {
        snprintf(type, sizeof type, "type %d", i);
        make_call(&capacity, type, 100000, 101000 + i * 1000);
    }
    ck_assert_uint_eq(capacity.kind_count, CAPACITY_KINDS_MAX);
    ck_assert_int_eq(begin_until(&capacity, "type 0", CAPACITY_NOT_KNOWN), 48900);
    ck_assert_int_eq(begin_until(&capacity, "type 23", CAPACITY_NOT_KNOWN), 23600);
}
END_TEST

/* ---- Minutes with more due than fits, in virtual time ---- */

enum {
    WORLD_MAX = 400,
    WORKERS = 5,
    STORE_MS = 100, /* a call's start and end in the log */
    MINUTE_MS = 60000,
    CALLS_KEPT = 5, /* as in takes_ms.sql */
};

/* An integration: what it is due for, and what the log knows of it. */
struct exporter {
    struct run run;
    bool is_pending;
    int64_t due_from; /* minutes: its first slot */
    int64_t due_to;   /* and its last: one each minute */
    int64_t takes_ms;
    int64_t latest_ms[CALLS_KEPT];
    size_t calls;
    int cut_off;
    int64_t latest_over_ms; /* since its slot: the greatest */
};

struct world {
    struct exporter exporters[WORLD_MAX];
    size_t count;
    bool is_greedy; /* as ticks were before: oldest slot first, until the budget is over */
    int cut_off;
    int64_t over_ms; /* when the last call ended */
};

/* Adds `count` integrations of one organisation. */
static void add_exporters(struct world *world, char org, size_t count, int64_t takes_ms,
                          int64_t due_to)
{
    for (size_t i = 0; i < count; i++) {
        struct exporter *added = &world->exporters[world->count];

        *added = (struct exporter){.due_from = 1, .due_to = due_to, .takes_ms = takes_ms};
        added->run.org_id[0] = org;
        snprintf(added->run.integration_id, sizeof added->run.integration_id, "%04zu",
                 world->count++);
    }
}

/* Adds `count` organisations with one integration each. */
static void add_organizations(struct world *world, size_t count, int64_t takes_ms, int64_t due_to)
{
    for (size_t i = 0; i < count; i++)
        add_exporters(world, (char)('0' + i), 1, takes_ms, due_to);
}

static int compare_slots(const void *left, const void *right)
{
    const struct turn *a = left;
    const struct turn *b = right;

    if (a->slot != b->slot)
        return a->slot < b->slot ? -1 : 1;
    return a->index < b->index ? -1 : 1;
}

/* What was due by this minute and waits, in the order of the hand-out. */
static size_t claim_world(struct world *world, int64_t minute, struct turn turns[WORLD_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < world->count; i++) {
        struct exporter *exporter = &world->exporters[i];

        if (!exporter->is_pending && minute >= exporter->due_from &&
            exporter->due_from <= exporter->due_to) {
            exporter->is_pending = true;
            exporter->run.scheduled_for = minute < exporter->due_to ? minute : exporter->due_to;
            exporter->run.covers_from = exporter->due_from;
            exporter->due_from = minute + 1; /* earlier slots are folded into it */
        }
        if (exporter->is_pending)
            turns[count++] = (struct turn){.org_id = exporter->run.org_id,
                                           .integration_id = exporter->run.integration_id,
                                           .slot = exporter->run.scheduled_for,
                                           .index = i};
    }
    if (!world->is_greedy)
        turns_take(turns, count);
    else if (count > 0)
        qsort(turns, count, sizeof *turns, compare_slots);
    return count;
}

static int64_t longest_ms(const struct exporter *exporter)
{
    int64_t longest = exporter->calls > 0 ? 0 : CAPACITY_NOT_KNOWN;

    for (size_t i = 0; i < CALLS_KEPT && i < exporter->calls; i++)
        if (exporter->latest_ms[i] > longest)
            longest = exporter->latest_ms[i];
    return longest;
}

/* The call is over, or the tick's time is. */
static void end_call(struct world *world, struct exporter *exporter, int64_t began_ms,
                     int64_t over_ms, bool is_cut_off)
{
    int64_t waited_ms = over_ms - exporter->run.covers_from * MINUTE_MS;

    exporter->is_pending = false;
    exporter->latest_ms[exporter->calls++ % CALLS_KEPT] = over_ms - began_ms;
    exporter->cut_off += is_cut_off ? 1 : 0;
    world->cut_off += is_cut_off ? 1 : 0;
    if (waited_ms > exporter->latest_over_ms)
        exporter->latest_over_ms = waited_ms;
    if (over_ms > world->over_ms)
        world->over_ms = over_ms;
}

/* A tick under way. A worker without a call is idle for the rest of it. */
struct world_tick {
    struct capacity capacity;
    struct turn turns[WORLD_MAX];
    struct capacity_call calls[WORLD_MAX];
    size_t count;
    struct {
        int64_t over_ms;
        struct capacity_call *call;
    } workers[WORKERS];
};

/* The worker whose call is over first. */
static int find_worker(const struct world_tick *tick)
{
    int first = 0;

    for (int n = 1; n < WORKERS; n++)
        if (tick->workers[n].over_ms < tick->workers[first].over_ms)
            first = n;
    return first;
}

/* The first call that may begin, or NULL. */
static struct capacity_call *find_call(const struct world *world, struct world_tick *tick,
                                       int64_t now_ms)
{
    for (size_t i = 0; i < tick->count; i++) {
        struct capacity_call *call = &tick->calls[i];
        int64_t until_ms = world->is_greedy
                               ? tick->capacity.deadline_ms
                               : capacity_begin_until_ms(&tick->capacity, call, now_ms);

        if (call->began_ms == 0 && now_ms < until_ms &&
            now_ms < tick->capacity.deadline_ms - LATE_MS)
            return call;
    }
    return NULL;
}

/* One tick: whenever a worker is free, it gets the first call that may begin. */
static void tick_world(struct world *world, int64_t minute)
{
    struct world_tick tick = {.capacity = tick_at(minute * MINUTE_MS)};
    int64_t deadline_ms = tick.capacity.deadline_ms;
    int64_t now_ms;

    tick.count = claim_world(world, minute, tick.turns);
    for (size_t i = 0; i < tick.count; i++)
        tick.calls[i] = (struct capacity_call){
            .type = "xledger", .takes_ms = longest_ms(&world->exporters[tick.turns[i].index])};
    for (int n = 0; n < WORKERS; n++)
        tick.workers[n].over_ms = tick.capacity.began_ms;
    for (int n = 0; (now_ms = tick.workers[n].over_ms) < INT64_MAX; n = find_worker(&tick)) {
        struct capacity_call *call = tick.workers[n].call;

        if (call != NULL) {
            end_call(world, &world->exporters[tick.turns[call - tick.calls].index], call->began_ms,
                     now_ms, now_ms == deadline_ms);
            capacity_end(&tick.capacity, call, now_ms);
        }
        call = tick.workers[n].call = find_call(world, &tick, now_ms);
        tick.workers[n].over_ms = INT64_MAX;
        if (call == NULL)
            continue;
        capacity_begin(&tick.capacity, call, now_ms);
        tick.workers[n].over_ms =
            now_ms + STORE_MS + world->exporters[tick.turns[call - tick.calls].index].takes_ms;
        if (tick.workers[n].over_ms > deadline_ms)
            tick.workers[n].over_ms = deadline_ms;
    }
}

/* Ticks from the first minute, which is not 0, on. */
static void run_world(struct world *world, int64_t minutes)
{
    for (int64_t minute = 1; minute <= minutes; minute++)
        tick_world(world, minute);
}

static void assert_all_over(const struct world *world)
{
    for (size_t i = 0; i < world->count; i++)
        ck_assert_msg(!world->exporters[i].is_pending && world->exporters[i].calls > 0,
                      "the export %zu was not made", i);
}

/* How much longer than its slot the slowest of these took. */
static int64_t slowest_ms(const struct world *world, size_t first, size_t end)
{
    int64_t slowest = 0;

    for (size_t i = first; i < end; i++)
        if (world->exporters[i].latest_over_ms > slowest)
            slowest = world->exporters[i].latest_over_ms;
    return slowest;
}

static struct world world;

static void empty_world(void)
{
    world = (struct world){0};
}

/*
 * 60 exports of 20 s at night. Five at a time could be done after 240 s; in ticks of 50 s, which begin
 * every minute, after 340 s at the least.
 */
START_TEST(test_world_of_nights)
{
    world.is_greedy = _i == 0;
    add_organizations(&world, 60, 20000, 1);
    run_world(&world, 8);
    assert_all_over(&world);
    ck_assert_int_eq(world.cut_off, world.is_greedy ? 20 : 0);
    ck_assert_int_eq(world.over_ms, MINUTE_MS + (world.is_greedy ? 230000 : 340200));
}
END_TEST

/* 60 exports of 5 s due each minute, for half an hour: 45 fit. */
START_TEST(test_world_of_minutes)
{
    world.is_greedy = _i == 0;
    add_organizations(&world, 60, 5000, 30);
    run_world(&world, 35);
    assert_all_over(&world);
    ck_assert_int_eq(world.cut_off, world.is_greedy ? 150 : 0);
    ck_assert_int_le(slowest_ms(&world, 0, world.count), 3 * (int64_t)MINUTE_MS);
}
END_TEST

/* 250 minute schedules of one organisation, and the single slot of another. */
START_TEST(test_world_of_crowds)
{
    world.is_greedy = _i == 0;
    add_exporters(&world, 'a', 250, 5000, 30);
    add_exporters(&world, 'b', 1, 5000, 1);
    run_world(&world, 40);
    assert_all_over(&world);
    ck_assert_int_eq(world.exporters[250].latest_over_ms, world.is_greedy ? 305100 : 5100);
}
END_TEST

/* What no tick has time for is begun all the same, first in a tick, again and again. */
START_TEST(test_world_of_giants)
{
    add_organizations(&world, 3, 1000, 40);
    add_exporters(&world, 'a', 8, 70000, 40);
    add_exporters(&world, 'b', 4, 45000, 40);
    run_world(&world, 50);
    assert_all_over(&world);
    for (size_t i = 3; i < world.count; i++)
        ck_assert_uint_ge(world.exporters[i].calls, 6);
    for (size_t i = 11; i < world.count; i++)
        ck_assert_int_le(world.exporters[i].cut_off, 1);
    ck_assert_int_le(slowest_ms(&world, 0, 3), 3 * (int64_t)MINUTE_MS);
}
END_TEST

/* Calls of all sizes: each is cut off when nobody knows it, at most. */
START_TEST(test_world_of_sizes)
{
    add_organizations(&world, 40, 1000, 60);
    add_exporters(&world, 'y', 5, 15000, 60);
    add_exporters(&world, 'z', 5, 30000, 60);
    run_world(&world, 70);
    assert_all_over(&world);
    for (size_t i = 0; i < world.count; i++)
        ck_assert_int_le(world.exporters[i].cut_off, 1);
    ck_assert_int_le(slowest_ms(&world, 0, 40), 2 * (int64_t)MINUTE_MS);
}
END_TEST

SUITE(capacity)
{
    TCase *cases = tcase_create("capacity");

    tcase_add_checked_fixture(cases, empty_world, NULL);
    tcase_add_test(cases, test_capacity_by_log);
    tcase_add_test(cases, test_capacity_by_today);
    tcase_add_test(cases, test_capacity_in_flight);
    tcase_add_loop_test(cases, test_capacity_too_long, 0, 2);
    tcase_add_test(cases, test_capacity_timeout);
    tcase_add_test(cases, test_capacity_many_types);
    tcase_add_loop_test(cases, test_world_of_nights, 0, 2);
    tcase_add_loop_test(cases, test_world_of_minutes, 0, 2);
    tcase_add_loop_test(cases, test_world_of_crowds, 0, 2);
    tcase_add_test(cases, test_world_of_giants);
    tcase_add_test(cases, test_world_of_sizes);
    suite_add_tcase(suite, cases);
}
