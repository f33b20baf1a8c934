#include "base/memory.h"
#include "base/text.h"
#include "fault/fault.h"
#include "support/testdb.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    WORLD_LIVE = 5,      /* integrations that fire every minute */
    WORLD_PAST = 50,     /* so many minutes ago the oldest slot is */
    WORLD_RECENT = 15,   /* and the youngest that is owed: it does not come round again meanwhile */
    WORLD_SLOTS_MAX = 3, /* of one integration */
    WORLD_FRESH_MAX = 3, /* integrations a burst */
    WORLD_ROUNDS_MAX = 80,
    WORLD_LINGER_MS = 120000,
    WORLD_RUN_MS = 1000,
};

static int64_t world_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void fault_wait(struct fault_world *world, int ms_max)
{
    scene_sleep_ms(chance_pick(&world->chance, 0, ms_max));
}

void fault_wait_for_run(struct fault_world *world, int ms_max)
{
    int64_t until_ms = world_now_ms() + WORLD_RUN_MS;

    while (scene_count("running") == 0 && world_now_ms() < until_ms)
        scene_sleep_ms(5);
    fault_wait(world, ms_max);
}

struct program *fault_pick_tick(struct fault_world *world)
{
    return world->ticks[chance_pick(&world->chance, 0, world->at_once - 1)];
}

pid_t fault_pick_worker(struct fault_world *world, struct program *tick)
{
    pid_t workers[SCENE_CHILDREN_MAX];
    int drawn = chance_pick(&world->chance, 0, SCENE_CHILDREN_MAX); /* whatever there is to pick */
    int count = scene_children(program_pid(tick), workers);

    return count > 0 ? workers[drawn % count] : 0;
}

void fault_unwrap(struct fault_world *world)
{
    (void)world;
    scene_set_wrapper(NULL);
}

int fault_ticks(int wanted)
{
    const char *text = getenv("FAULT_TICKS");
    int most = text != NULL && *text != '\0' ? atoi(text) : wanted;

    return most < wanted ? most : wanted;
}

/* ---- The schedules ---- */

static void world_add_slot(struct fault_world *world, int integration, int64_t minute)
{
    world->slots =
        memory_grow(world->slots, world->slot_count, &world->slot_capacity, sizeof *world->slots);
    world->slots[world->slot_count++] = (struct tally_slot){integration, minute};
}

/* One integration with one to three slots of the last hour; returns the last of them. */
static int64_t world_seed_one(struct fault_world *world, struct text *script)
{
    int count = chance_pick(&world->chance, 1, WORLD_SLOTS_MAX);
    int64_t minute = world->base - WORLD_PAST;
    char cron[64] = "";
    char state[80];
    int n = ++world->integrations;

    for (int i = 0; i < count; i++) {
        size_t length = strlen(cron);

        minute += chance_pick(&world->chance, 1, (WORLD_PAST - WORLD_RECENT) / WORLD_SLOTS_MAX);
        world_add_slot(world, n, minute);
        snprintf(cron + length, sizeof cron - length, "%s%d", i > 0 ? "," : "", (int)(minute % 60));
    }
    snprintf(cron + strlen(cron), sizeof cron - strlen(cron), " * * * *");
    snprintf(state, sizeof state, "%s UTC", cron);
    scene_seed(n, n, cron);
    scene_seed_state(n, state, world->base - WORLD_PAST);
    text_addf(script, "%s latency_ms=%d", scene_integration(n),
              chance_pick(&world->chance, 0, world->scenario->latency_ms_max));
    return minute;
}

/* What the function does with the calls of an integration where answers are not to be relied on. */
static const char *world_reply(struct fault_world *world)
{
    static const char *const replies[] = {
        "",
        "",
        " action=close",
        " action=reset",
        " action=reset_after_headers",
        " action=truncate",
        " action=garbage",
        " action=hang",
        " action=hang_after_headers",
        " action=reset_before_read",
        " status=500",
        " latency_ms=1200", /* later than the budget of a second */
    };

    const char *reply;

    if (world->scenario->is_throttled && chance_percent(&world->chance, 50)) {
        world->fault_count++;
        return " status=429 header=Retry-After:1 times=1";
    }
    if (!world->scenario->has_bad_replies)
        return "";
    reply = replies[chance_pick(&world->chance, 0, sizeof replies / sizeof *replies - 1)];
    world->fault_count += *reply != '\0' ? 1 : 0;
    return reply;
}

/* New integrations, and how the function answers for them. Returns a slot of one of them. */
static int64_t world_seed(struct fault_world *world)
{
    struct text script = {0};
    int64_t slot = 0;

    for (int i = chance_pick(&world->chance, 1, WORLD_FRESH_MAX); i > 0; i--) {
        slot = world_seed_one(world, &script);
        text_addf(&script, "%s\n", world_reply(world));
    }
    text_addf(&script, "* latency_ms=%d\n", chance_pick(&world->chance, 0, 10));
    function_script(scene_function(), text_string(&script));
    text_free(&script);
    return slot;
}

/* By fixed times, so that nothing grows older and older. */
void fault_age_runs(void)
{
    testdb_exec(
        "UPDATE sync_run_log SET created_at = least(created_at, now() - interval '1 minute')"
        " WHERE status = 'pending';"
        "UPDATE sync_run_log SET started_at = least(started_at, now() - interval '31 minutes')"
        " WHERE status = 'running';"
        "UPDATE sync_run_log SET failed_at = least(failed_at, now() - interval '2 hours')"
        " WHERE status = 'failed'");
}

/* Workers outlive a parent that was killed, to store the answers they wait for. */
static void world_wait_for_group(pid_t group, const char *deed)
{
    int64_t until_ms = world_now_ms() + WORLD_LINGER_MS;

    while (kill(-group, 0) == 0) {
        ck_assert_msg(world_now_ms() < until_ms, "workers of tick %ld do not end%s%s", (long)group,
                      *deed != '\0' ? " after " : "", deed);
        scene_sleep_ms(20);
    }
}

/* It and its workers must end, and exit status 0 come with a summary whose runs are completed. */
static void world_expect_honest(struct fault_world *world, const struct scene_tick *tick,
                                const char *deed)
{
    world->crash_count += tick->status > 128 && tick->status != 128 + SIGKILL ? 1 : 0;
    ck_assert_msg(tick->status != -1, "it did not end after %s: %s%s", deed, tick->out, tick->err);
    world_wait_for_group(world->groups[world->group_count - 1], deed);
    if (tick->status != 0)
        return;
    ck_assert_msg(tick->summary != NULL && tick->failed == 0 && tick->run_ids == tick->triggered,
                  "exit 0 after %s: %s%s", deed, tick->out, tick->err);
    for (size_t i = 0; i < (size_t)tick->run_ids; i++) {
        const json_t *id = json_array_get(json_object_get(tick->summary, "runIds"), i);

        ck_assert_msg(testdb_number("SELECT count(*) FROM sync_run_log"
                                    " WHERE run_id = '%s' AND status = 'completed'",
                                    json_string_value(id)) == 1,
                      "exit 0 after %s: run %s is not completed\n%s%s", deed, json_string_value(id),
                      tick->out, tick->err);
    }
}

/* ---- The bursts ---- */

static void world_start_tick(struct fault_world *world, int64_t slot)
{
    char options[256];
    struct program *tick;

    /* One in four by hand, for just one minute, beside those that look at everything. */
    if (chance_percent(&world->chance, 25))
        snprintf(options, sizeof options, "%s --at %s", world->scenario->options,
                 scene_minute_text(slot));
    else
        snprintf(options, sizeof options, "%s --catch-up 2h", world->scenario->options);
    tick = scene_start(options);
    world->ticks[world->at_once++] = tick;
    world->groups = memory_grow(world->groups, world->group_count, &world->group_capacity,
                                sizeof *world->groups);
    world->groups[world->group_count++] = program_pid(tick);
    world->tick_count++;
}

/* Groups that are gone: later processes of somebody else's may get their numbers. */
static void world_forget_groups(struct fault_world *world)
{
    size_t count = 0;

    for (size_t i = 0; i < world->group_count; i++)
        if (kill(-world->groups[i], 0) == 0)
            world->groups[count++] = world->groups[i];
    world->group_count = count;
}

static void world_burst(struct fault_world *world)
{
    static const int sizes[] = {1, 1, 1, 2, 2, 5};
    int drawn = sizes[chance_pick(&world->chance, 0, sizeof sizes / sizeof *sizes - 1)];
    int size = world->scenario->deed != NULL ? 1 : drawn;
    int64_t slot = world_seed(world);

    if (chance_percent(&world->chance, 25))
        fault_age_runs();
    if (world->scenario->prepare != NULL)
        world->scenario->prepare(world);
    world->at_once = 0;
    while (world->at_once < size)
        world_start_tick(world, slot);
    if (world->scenario->disturb != NULL)
        world->scenario->disturb(world);
    for (int i = 0; i < size; i++) {
        struct scene_tick tick = scene_wait(world->ticks[i]);

        if (world->scenario->deed != NULL)
            world_expect_honest(world, &tick, world->scenario->deed);
        ck_assert_msg(tick.status != -1, "a tick did not end: %s", tick.err);
        scene_tick_free(&tick);
    }
    world_forget_groups(world);
}

/* Undisturbed ticks until two in a row have nothing to do. */
static void world_settle(void)
{
    int quiet = 0;

    function_script(scene_function(), "* latency_ms=1\n");
    for (int round = 0; round < WORLD_ROUNDS_MAX && quiet < 2; round++) {
        struct scene_tick tick;

        fault_age_runs();
        tick = scene_run("--catch-up 2h");
        ck_assert_msg(tick.status == 0 || tick.status == 1, "an undisturbed tick fails: %s",
                      tick.err);
        quiet = tick.triggered == 0 ? quiet + 1 : 0;
        scene_tick_free(&tick);
    }
}

/* ---- The lists, and the row ---- */

/* Those that fire every minute owe all since the beginning; the one just due may be done. */
static void world_add_live_slots(struct fault_world *world, int64_t settled)
{
    for (int n = 1; n <= WORLD_LIVE; n++) {
        int64_t mark = scene_mark(n);
        int64_t last = mark > settled ? mark : settled;

        for (int64_t minute = world->base - WORLD_PAST + 1; minute <= last; minute++)
            world_add_slot(world, n, minute);
    }
}

static struct tally_run *world_read_runs(size_t *count)
{
    PGresult *rows = PQexec(testdb_connection(),
                            "SELECT run_id, idempotency_key, right(integration_id::text, 12)::int,"
                            "       (extract(epoch FROM covers_from) / 60)::bigint,"
                            "       (extract(epoch FROM scheduled_for) / 60)::bigint,"
                            "       started_at IS NOT NULL, status IN ('completed', 'failed'),"
                            "       status = 'completed', coalesce(error_code = 'GIVEN_UP', false)"
                            "  FROM sync_run_log");
    struct tally_run *runs;

    ck_assert_msg(PQresultStatus(rows) == PGRES_TUPLES_OK, "%s", PQresultErrorMessage(rows));
    *count = (size_t)PQntuples(rows);
    runs = memory_allocate(*count + 1, sizeof *runs);
    for (size_t i = 0; i < *count; i++) {
        int row = (int)i;

        snprintf(runs[i].id, sizeof runs[i].id, "%s", PQgetvalue(rows, row, 0));
        snprintf(runs[i].key, sizeof runs[i].key, "%s", PQgetvalue(rows, row, 1));
        runs[i].integration = atoi(PQgetvalue(rows, row, 2));
        runs[i].covers_from = strtoll(PQgetvalue(rows, row, 3), NULL, 10);
        runs[i].scheduled_for = strtoll(PQgetvalue(rows, row, 4), NULL, 10);
        runs[i].was_started = *PQgetvalue(rows, row, 5) == 't';
        runs[i].is_over = *PQgetvalue(rows, row, 6) == 't';
        runs[i].is_completed = *PQgetvalue(rows, row, 7) == 't';
        runs[i].is_given_up = *PQgetvalue(rows, row, 8) == 't';
    }
    PQclear(rows);
    return runs;
}

static const char *world_member(const json_t *line, const char *member, const char *name)
{
    const char *text = json_string_value(json_object_get(json_object_get(line, member), name));

    return text != NULL ? text : "";
}

static struct tally_call *world_read_calls(size_t *count)
{
    json_t *lines = function_requests(scene_function());
    struct tally_call *calls;
    size_t i;
    json_t *line;

    *count = json_array_size(lines);
    calls = memory_allocate(*count + 1, sizeof *calls);
    json_array_foreach(lines, i, line)
    {
        snprintf(calls[i].run_id, sizeof calls[i].run_id, "%s",
                 world_member(line, "body", "runId"));
        snprintf(calls[i].key, sizeof calls[i].key, "%s",
                 world_member(line, "headers", "idempotency-key"));
    }
    json_decref(lines);
    return calls;
}

void fault_print_head(void)
{
    printf("seed %" PRIu64 " (FAULT_SEED=%" PRIu64 " repeats it)\n\n", fault_seed(), fault_seed());
    printf("%-20s %6s %7s %6s %6s %6s %8s %8s %6s %8s\n", "scenario", "ticks", "faults", "slots",
           "runs", "calls", "missing", "doubled", "stuck", "seconds");
}

json_t *fault_audit(int64_t from, int64_t to)
{
    const char *argv[] = {scene_program(),
                          "audit",
                          "--config",
                          "/dev/null",
                          "--json",
                          "--from",
                          scene_minute_text(from),
                          "--to",
                          scene_minute_text(to),
                          NULL};
    const char *env[] = {"SUPABASE_DB_URL", NULL};
    struct program_result result = program_run(argv, env);
    json_t *audit = json_loads(result.out, 0, NULL);

    ck_assert_msg(result.status == 0, "audit exits with %d: %.500s%.1000s", result.status,
                  result.err, result.out);
    program_result_free(&result);
    return audit;
}

/*
 * The program's own audit must find nothing missing nor doubled either, and see as many slots, but
 * for the last two minutes of those that fire every minute: it leaves to ticks what is due now.
 */
static void world_audit(const struct fault_world *world, int64_t settled)
{
    json_t *audit = fault_audit(world->base - WORLD_PAST + 1, settled);

    ck_assert_int_ge(json_integer_value(json_object_get(audit, "slots")),
                     (json_int_t)world->slot_count - 2 * WORLD_LIVE);
    json_decref(audit);
}

static void world_tally(const struct fault_world *world, int64_t started_ms)
{
    struct tally_lists lists = {.slots = world->slots, .slot_count = world->slot_count};
    struct tally_run *runs = world_read_runs(&lists.run_count);
    struct tally_call *calls = world_read_calls(&lists.call_count);
    struct tally tally;

    lists.runs = runs;
    lists.calls = calls;
    tally = tally_count(&lists);
    printf("%-20s %6d %7d %6zu %6zu %6zu %8zu %8zu %6zu %8.1f\n", world->scenario->name,
           world->tick_count, world->fault_count, lists.slot_count, lists.run_count,
           lists.call_count, tally.missing, tally.doubled, tally.stuck,
           (double)(world_now_ms() - started_ms) / 1000);
    if (world->crash_count > 0)
        printf("%-20s %6d ended by a signal: libraries do not bear every fault\n", "",
               world->crash_count);
    free(runs);
    free(calls);
    ck_assert_msg(tally.missing == 0 && tally.doubled == 0 && tally.stuck == 0,
                  "%s: %zu missing, %zu doubled, %zu stuck (seed %" PRIu64 ")",
                  world->scenario->name, tally.missing, tally.doubled, tally.stuck, fault_seed());
    ck_assert_msg(world->fault_count > 0, "%s: nothing was done to any tick",
                  world->scenario->name);
}

/* Nobody died, so what the function answered is in the log. */
static void world_expect_outcomes(const struct fault_world *world)
{
    long lost = testdb_number("SELECT count(*) FROM sync_run_log"
                              " WHERE error_code IN ('ABANDONED', 'WORKER_CRASHED')");

    ck_assert_msg(lost == 0, "%s: %ld outcomes were lost (seed %" PRIu64 ")", world->scenario->name,
                  lost, fault_seed());
}

/* ---- A scenario ---- */

static void world_open(struct fault_world *world)
{
    scene_open();
    /* The throwaway server does not wait for the disk; what is seeded must survive its death. */
    testdb_exec("SET synchronous_commit = on");
    world->base = world_now_ms() / 60000;
    world->integrations = WORLD_LIVE;
    scene_seed(1, WORLD_LIVE, "* * * * *");
    for (int n = 1; n <= WORLD_LIVE; n++)
        scene_seed_state(n, "* * * * * UTC", world->base - WORLD_PAST);
    if (world->scenario->begin != NULL)
        world->scenario->begin(world);
}

void fault_run(const struct fault_scenario *scenario)
{
    struct fault_world world = {.scenario = scenario,
                                .chance = chance_seed(fault_seed(), scenario->name),
                                .ticks_wanted = scenario->ticks};
    int64_t started_ms = world_now_ms();
    int64_t settled;

    world_open(&world);
    while (world.tick_count < fault_ticks(world.ticks_wanted))
        world_burst(&world);
    if (scenario->end != NULL)
        scenario->end(&world);
    for (size_t i = 0; i < world.group_count; i++)
        world_wait_for_group(world.groups[i], "");
    settled = world_now_ms() / 60000;
    world_settle();
    world_add_live_slots(&world, settled);
    world_tally(&world, started_ms);
    if (scenario->keeps_outcomes)
        world_expect_outcomes(&world);
    world_audit(&world, settled);
    free(world.slots);
    free(world.groups);
    scene_close();
}
