/*
 * Simulated minutes: the real decisions and the real SQL, at times that are made up.
 *
 * All that depends on the time takes it as a parameter or asks now(), which is made up, too
 * (events.h), so that weeks of ticks fit into minutes. A tick is its reading, its claim a while
 * later, and the ends of its calls; what happens next is always what comes first in simulated time.
 * So claims are made on readings that are old by then, and the steps of ticks that overlap
 * interleave. Made up are when ticks start, how long things take, which runs a tick leaves behind
 * pending, and what happens to schedules, clocks, zones and the database meanwhile. Afterwards the
 * function's calls and the auditor are asked; and the auditor again, once rows were removed.
 */
#include "base/memory.h"
#include "fault/events.h"
#include "fault/fault.h"
#include "fault/planted.h"
#include "fault/starts.h"
#include "plan/due.h"
#include "plan/timetable.h"
#include "store/claim.h"
#include "store/run_log.h"
#include "store/schedules.h"
#include "support/testdb.h"
#include "time/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIMULATION_MINUTES = 100000, /* of all plans together, unless FAULT_MINUTES says otherwise */
    SIMULATION_DRAIN = 5,        /* ticks at the end that leave nothing behind, one a minute */
    SIMULATION_LEFT_IN = 50,     /* one in so many runs is left behind */
    SIMULATION_BACK_IN = 20,     /* after one in so many claims the database's clock steps back */
    SIMULATION_CALM = 60, /* minutes before that in which nothing happens, so that all is found */
    SIMULATION_PER_ROW = 100, /* minutes for each row that is removed */
    SIMULATION_WAIT_MS = 60000,
    SIMULATION_STEPS_MAX = 256,
};

#define SIMULATION_SECOND INSTANT_US_PER_SECOND

/* As tick.c has it. */
#define SIMULATION_DOUBT_US (5 * INSTANT_US_PER_MINUTE)
#define SIMULATION_CATCH_UP (31 * INSTANT_MINUTES_PER_DAY)

/* Every minute, often, hourly; at local times each night, on workdays, and once a month. */
static const struct {
    const char *cron;
    const char *zone;
} schedules[] = {
    {"* * * * *", "UTC"},          {"*/5 * * * *", "UTC"},
    {"7-59/13 * * * *", "UTC"},    {"0 * * * *", "Asia/Kolkata"},
    {"30 2 * * *", "Europe/Oslo"}, {"*/2 22-23 * * 1-5", "America/New_York"},
    {"15 6 1 * *", "Europe/Oslo"},
};

enum { SCHEDULES = sizeof schedules / sizeof *schedules };

#define SIMULATION_TOKEN "simulation"

/* What is yet to happen: a claim, or the end of a call. */
struct simulation_step {
    int64_t at_us;
    struct claim claim;
    struct claim_options claim_options;
    struct run run; /* without an id it is a claim */
    char token[32]; /* of whoever called */
};

struct simulation {
    struct chance chance;
    struct database *db;
    struct events events;
    struct zones zones;
    struct due_texts texts;
    struct simulation_step steps[SIMULATION_STEPS_MAX];
    size_t step_count;
    int64_t drain_from_us;
    int64_t starts;
    int64_t calls;
    struct planted planted;
    long held; /* keys that were called, and that the log has as RESTORED */

    /* The reading under way. */
    int64_t t_us;
    bool is_blind;
    struct zones no_zones;
    struct due_options due;
    struct due_count count;
    struct claim claim;
};

/* What is simulated: the minutes first to last. */
struct simulation_span {
    const struct starts_plan *plan;
    struct starts starts;
    int64_t first;
    int64_t last;
    int64_t started_ms;
};

static int64_t wait_until_ms(void)
{
    return clock_now_ms() + SIMULATION_WAIT_MS;
}

/* ---- The database ---- */

static void open_database(struct simulation *sim)
{
    struct error err;

    database_close(sim->db);
    sim->db = database_open(&(struct database_address){0}, wait_until_ms(), &err);
    ck_assert_msg(sim->db != NULL, "%s", err.message);
}

/*
 * On a machine that is very busy the server may end a session that was idle for too long. Then it
 * is asked once more on a new connection, as the program does.
 */
static bool try_again(struct simulation *sim, bool is_done, const struct error *err)
{
    if (is_done)
        return false;
    ck_assert_msg(!database_is_usable(sim->db), "%s", err->message);
    open_database(sim);
    return true;
}

static void change_run(struct simulation *sim, struct run_log_transition *transition,
                       struct run_state *state)
{
    struct error err;

    do
        transition->deadline_ms = wait_until_ms();
    while (try_again(sim, run_log_change(sim->db, transition, state, &err), &err));
}

/* ---- The steps of a tick ---- */

static struct simulation_step *add_step(struct simulation *sim, int64_t at_us)
{
    ck_assert_uint_lt(sim->step_count, SIMULATION_STEPS_MAX);
    sim->steps[sim->step_count] = (struct simulation_step){.at_us = at_us};
    return &sim->steps[sim->step_count++];
}

/* The tick's time and what else it decides by, as tick_set_time() has it. */
static void set_time(struct simulation *sim, const struct schedules_reading *reading)
{
    int64_t true_us = sim->t_us;
    int64_t host_us = true_us + sim->events.host_off_us;
    bool clocks_agree = llabs(host_us - reading->now_us) <= SIMULATION_DOUBT_US;
    int64_t t_us = !clocks_agree && host_us < reading->now_us ? host_us : reading->now_us;

    sim->due = (struct due_options){
        .t_us = t_us,
        .window = window_of(t_us),
        .policy = {.catch_up_ms = SIMULATION_CATCH_UP * INT64_C(60000), .max_attempts = 1},
        .clocks_agree = clocks_agree,
        .may_give_up = clocks_agree,
        .held_to = due_held_to(reading->restored_us),
        .zones = sim->is_blind ? &sim->no_zones : &sim->zones,
        .texts = &sim->texts,
    };
}

static void take_schedule(void *context, const struct schedules_reading *reading,
                          const struct schedule *schedule)
{
    struct simulation *sim = context;
    struct error fault = {0};

    if (sim->due.texts == NULL)
        set_time(sim, reading);
    due_decide(&sim->due, schedule, &sim->claim, &sim->count, &fault);
    ck_assert_msg(fault.kind == ERROR_NONE || sim->is_blind ||
                      strstr(fault.message, "lay in the future") != NULL,
                  "%s", fault.message);
}

/* Most claims follow at once, some when the host comes to itself again. */
static int64_t claim_delay_us(struct chance *chance)
{
    return chance_percent(chance, 2) ? SIMULATION_SECOND * chance_pick(chance, 1, 55)
                                     : 1000 * chance_pick(chance, 5, 400);
}

static void read_and_decide(struct simulation *sim, int64_t true_us)
{
    static const char *const hosts[EVENTS_HOSTS] = {"sighted", "blind"};
    int host = chance_pick(&sim->chance, 0, EVENTS_HOSTS - 1);
    struct trigger trigger = {SIMULATION_TOKEN, hosts[host]};
    struct schedules_options options = {
        .trigger = &trigger, .read_schedule = take_schedule, .context = sim};
    struct schedules_reading reading;
    struct simulation_step *step;
    struct error err;

    sim->t_us = true_us;
    sim->is_blind = host == EVENTS_HOSTS - 1 && sim->events.blind_ticks > 0;
    if (sim->is_blind)
        setenv("TZDIR", "/nonexistent", 1);
    events_set_clock(&sim->events, true_us);
    do {
        due_texts_free(&sim->texts);
        claim_free(&sim->claim);
        sim->due = (struct due_options){0};
        options.deadline_ms = wait_until_ms();
    } while (try_again(sim, schedules_read(sim->db, &options, &reading, &err), &err));
    unsetenv("TZDIR");
    zones_free(&sim->no_zones);
    if (sim->due.texts == NULL)
        set_time(sim, &reading);
    if (sim->claim.key_count == 0 && !reading.has_unfinished_runs)
        return;
    claim_sort(&sim->claim);
    step = add_step(sim, true_us + claim_delay_us(&sim->chance));
    step->claim = sim->claim;
    sim->claim = (struct claim){0}; /* the step's now */
    step->claim_options = (struct claim_options){
        .policy = sim->due.policy,
        .trigger = trigger,
        .window = sim->due.window,
        .t_us = sim->due.t_us,
        .now_us = sim->due.t_us,
        .restored_us = reading.restored_us,
        .valid_until_ms = INT64_MAX,
        .clocks_agree = sim->due.clocks_agree,
        .may_give_up = sim->due.may_give_up,
        .has_unfinished_runs = reading.has_unfinished_runs,
    };
}

/* pending -> running, unless another tick was faster; the call ends after a while. */
static void start_call(struct simulation *sim, const struct run *run,
                       const struct simulation_step *claim)
{
    char token[32];
    struct run_log_transition start = {.step = RUN_LOG_START,
                                       .run = run,
                                       .token = token,
                                       .not_before_us = claim->claim_options.now_us};
    struct simulation_step *step;
    struct run_state state;

    snprintf(token, sizeof token, "%s:%" PRId64, SIMULATION_TOKEN, ++sim->starts);
    change_run(sim, &start, &state);
    if (state.status != RUN_RUNNING || !state.is_mine)
        return;
    sim->calls++;
    events_note_call(&sim->events, run->idempotency_key);
    step = add_step(sim, claim->at_us + starts_exponential_us(&sim->chance, 3 * SIMULATION_SECOND));
    step->run = *run;
    memcpy(step->token, token, sizeof token);
}

/* For its starts alone the database's clock may step back. */
static void start_calls(struct simulation *sim, const struct simulation_step *step,
                        const struct claim_result *result)
{
    int64_t off_us = sim->events.database_off_us;

    if (chance_pick(&sim->chance, 1, SIMULATION_BACK_IN) == 1) {
        sim->events.database_off_us -= SIMULATION_SECOND * chance_pick(&sim->chance, 20, 7200);
        events_set_clock(&sim->events, step->at_us);
    }
    for (size_t i = 0; i < result->run_count; i++) {
        if (result->runs[i].verdict == CLAIM_RUN &&
            (step->at_us >= sim->drain_from_us ||
             chance_pick(&sim->chance, 1, SIMULATION_LEFT_IN) > 1))
            start_call(sim, &result->runs[i].run, step);
    }
    sim->events.database_off_us = off_us;
}

static void carry_out_claim(struct simulation *sim, struct simulation_step *step)
{
    struct claim_result result = {0};
    struct error err;

    events_set_clock(&sim->events, step->at_us);
    do {
        claim_result_free(&result);
        step->claim_options.deadline_ms = wait_until_ms();
    } while (try_again(
        sim, claim_execute(sim->db, &step->claim, &step->claim_options, &result, &err), &err));
    start_calls(sim, step, &result);
    claim_result_free(&result);
    claim_free(&step->claim);
}

/* A run that a wrong clock took for an old one was abandoned meanwhile: then its answer is late. */
static void end_call(struct simulation *sim, const struct simulation_step *step)
{
    struct outcome success = {.records_exported = -1};
    struct run_log_transition end = {
        .step = RUN_LOG_FINISH, .run = &step->run, .token = step->token, .outcome = &success};
    struct run_state state;

    events_set_clock(&sim->events, step->at_us);
    change_run(sim, &end, &state);
    if (state.is_abandoned) {
        end.step = RUN_LOG_FINISH_LATE;
        change_run(sim, &end, &state);
    }
    ck_assert_int_eq(state.status, RUN_COMPLETED);
}

/* What comes next of all that is under way; NULL when nothing is, or a tick starts before it. */
static struct simulation_step *next_step(struct simulation *sim, int64_t before_us)
{
    struct simulation_step *next = NULL;

    for (size_t i = 0; i < sim->step_count; i++)
        if (sim->steps[i].at_us < before_us && (next == NULL || sim->steps[i].at_us < next->at_us))
            next = &sim->steps[i];
    return next;
}

static void carry_out_steps(struct simulation *sim, int64_t before_us)
{
    struct simulation_step *next;

    while ((next = next_step(sim, before_us)) != NULL) {
        struct simulation_step step = *next;

        *next = sim->steps[--sim->step_count];
        if (*step.run.run_id != '\0')
            end_call(sim, &step);
        else
            carry_out_claim(sim, &step);
    }
}

/* ---- The whole ---- */

static void seed_schedules(void)
{
    for (int n = 0; n < SCHEDULES; n++)
        testdb_exec("INSERT INTO organizations (id, name, timezone) VALUES"
                    " ('00000000-0000-4000-8000-%012d', 'n', '%s');"
                    "INSERT INTO organization_integrations"
                    " (org_id, integration_id, integration_type, cron_schedule, is_enabled) VALUES"
                    " ('00000000-0000-4000-8000-%012d', '10000000-0000-4000-8000-%012d', 'xledger',"
                    " '%s', true)",
                    n, schedules[n].zone, n, n, schedules[n].cron);
}

static int count_plans(void)
{
    int plans = 0;

    while (starts_plan((size_t)plans) != NULL)
        plans++;
    return plans;
}

/* The minutes of one plan: all plans have the same share. */
static int count_minutes(void)
{
    const char *text = getenv("FAULT_MINUTES");
    int minutes = text != NULL && *text != '\0' ? atoi(text) : SIMULATION_MINUTES;

    return (minutes + count_plans() - 1) / count_plans();
}

/* What the database does not say is asked of the function's calls. */
static void check(const struct simulation *sim, const struct starts_plan *plan)
{
    const struct audit_totals *totals = &sim->planted.audit.totals;

    ck_assert_msg(totals->slots > 0 && totals->verdicts[AUDIT_MISSING] == 0 &&
                      totals->verdicts[AUDIT_DOUBLED] == 0 && totals->unjudged == 0 &&
                      sim->planted.audit.unjudged == 0,
                  "%s: of %" PRId64 " slots %" PRId64 " missing, %" PRId64 " doubled, %" PRId64
                  " unjudged (seed %" PRIu64 ")",
                  plan->name, totals->slots, totals->verdicts[AUDIT_MISSING],
                  totals->verdicts[AUDIT_DOUBLED], totals->unjudged, fault_seed());
}

/* Where the first slot is missing, and what the database knows of its schedule. */
static void explain_missing(const struct planted *planted)
{
    char *text;

    if (*planted->first_missing == '\0')
        return;
    text = testdb_text(
        "SELECT format('first missing: %%s of %%s, mark %%s; journal: %%s; runs around: %%s',"
        "  m.slot, s.integration_id, s.mark,"
        "  (SELECT string_agg(concat_ws(' ', schedule, valid_from, valid_to), ', '"
        "                     ORDER BY valid_from) FROM sync_schedule_journal AS j"
        "    WHERE j.integration_id = s.integration_id"
        "      AND coalesce(valid_to, 'infinity') >= m.slot - interval '4 days'),"
        "  (SELECT string_agg(concat_ws(' ', covers_from, scheduled_for, created_at, started_at, "
        "completed_at, status,"
        "                               error_code), ', ' ORDER BY scheduled_for)"
        "     FROM sync_run_log AS r WHERE r.integration_id = s.integration_id"
        "      AND scheduled_for BETWEEN m.slot - interval '20 minutes'"
        "                            AND m.slot + interval '20 minutes'))"
        "  FROM sync_schedule_state AS s, (SELECT to_timestamp(%" PRId64 ") AS slot) AS m"
        " WHERE s.integration_id = '%s'",
        planted->missing_slot * 60, planted->first_missing);
    puts(text);
    free(text);
}

/* Before rows are removed. */
static void check_log(void)
{
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM simulated.calls WHERE times > 1"), 0);
    /* What was called for between a backup and its restore is held, by its key. */
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM simulated.calls AS c WHERE NOT EXISTS"
                                   " (SELECT FROM sync_run_log AS r"
                                   "   WHERE r.idempotency_key = c.key AND CASE WHEN c.is_lost"
                                   "     THEN r.error_code = 'RESTORED'"
                                   "     ELSE r.status = 'completed' OR r.error_class = 'unknown'"
                                   "   END)"),
                     0);
    ck_assert_int_eq(
        testdb_number("SELECT count(*) FROM sync_run_log WHERE status IN ('pending', 'running')"
                      " OR error_code NOT IN ('CANCELLED', 'RESTORED', 'ABANDONED')"
                      " OR status = 'completed' AND idempotency_key NOT IN"
                      " (SELECT key FROM simulated.calls)"),
        0);
}

static void open_simulation(struct simulation *sim, struct simulation_span *span)
{
    struct starts *starts = &span->starts;
    int64_t calm = count_minutes() / 2 < SIMULATION_CALM ? count_minutes() / 2 : SIMULATION_CALM;

    sim->chance = chance_seed(fault_seed(), span->plan->name);
    span->last = clock_host_us() / INSTANT_US_PER_MINUTE - INSTANT_MINUTES_PER_DAY;
    span->first = span->last - count_minutes() + 1;
    starts_make(span->plan, &sim->chance, span->first, span->last, starts);
    /* The first tick sets the marks: from its window on there are slots. */
    span->first = window_of(starts->at_us[0]).first;
    sim->drain_from_us = starts->at_us[starts->count - 1] + INSTANT_US_PER_MINUTE;
    events_open(&sim->events, chance_seed(fault_seed() + 1, span->plan->name), SCHEDULES,
                starts->at_us[0], sim->drain_from_us - calm * INSTANT_US_PER_MINUTE);
    open_database(sim);
    for (int n = 0; n < SIMULATION_DRAIN; n++)
        starts_add(starts, sim->drain_from_us + n * INSTANT_US_PER_MINUTE);
}

/* The connections of whoever is under way are lost, and the calls are not: the function goes on. */
static void forget_steps(struct simulation *sim)
{
    for (size_t i = 0; i < sim->step_count; i++)
        claim_free(&sim->steps[i].claim);
    sim->step_count = 0;
    open_database(sim);
}

static void simulate(struct simulation *sim, const struct simulation_span *span)
{
    for (size_t i = 0; i < span->starts.count; i++) {
        carry_out_steps(sim, span->starts.at_us[i]);
        if (events_happen(&sim->events, span->starts.at_us[i]))
            forget_steps(sim);
        read_and_decide(sim, span->starts.at_us[i]);
    }
    carry_out_steps(sim, INT64_MAX);
}

static void print_row(struct simulation *sim, const struct simulation_span *span)
{
    const struct audit_totals *totals = &sim->planted.audit.totals;
    const struct events *events = &sim->events;

    printf("%-17s %7" PRId64 " %6zu %7" PRId64 " %6" PRId64 " %6" PRId64 " %7" PRId64 " %7" PRId64
           " %5d %5d %5d %8d %4ld %7ld %7ld %7.0f\n",
           span->plan->name, span->last - span->first + 1, span->starts.count, totals->slots,
           sim->calls, totals->verdicts[AUDIT_FOLDED], totals->verdicts[AUDIT_MISSING],
           totals->verdicts[AUDIT_DOUBLED], events->edits, events->steps, events->blinds,
           events->restores, sim->held, sim->planted.removed, sim->planted.missing,
           (double)(clock_now_ms() - span->started_ms) / 1000);
}

START_TEST(test_simulation)
{
    struct simulation_span span = {.plan = starts_plan((size_t)_i), .started_ms = clock_now_ms()};
    struct simulation *sim = memory_allocate(1, sizeof *sim);

    testdb_create();
    seed_schedules();
    open_simulation(sim, &span);
    simulate(sim, &span);
    events_set_clock(&sim->events,
                     sim->drain_from_us + INSTANT_MINUTES_PER_DAY * INSTANT_US_PER_MINUTE);
    check_log();
    sim->held = testdb_number("SELECT count(DISTINCT key) FROM simulated.calls JOIN sync_run_log"
                              " ON idempotency_key = key WHERE error_code = 'RESTORED'");
    planted_check(span.first, span.last,
                  (count_minutes() + SIMULATION_PER_ROW - 1) / SIMULATION_PER_ROW, fault_seed(),
                  &sim->planted);
    print_row(sim, &span);
    explain_missing(&sim->planted);
    check(sim, span.plan);
    starts_free(&span.starts);
    zones_free(&sim->zones);
    due_texts_free(&sim->texts);
    database_close(sim->db);
    free(sim);
    testdb_drop();
}
END_TEST

START_TEST(print_head)
{
    printf("%-17s %7s %6s %7s %6s %6s %7s %7s %5s %5s %5s %8s %4s %7s %7s %7s\n",
           "simulated starts", "minutes", "ticks", "slots", "calls", "folded", "missing", "doubled",
           "edits", "steps", "blind", "restored", "held", "removed", "found", "seconds");
}
END_TEST

TCase *tcase_simulation(void)
{
    TCase *tcase = tcase_create("simulation");
    const char *only = getenv("FAULT_PLAN"); /* from 1; else all */
    int first;
    int last;

    tcase_set_timeout(tcase, 4 * 3600);
    tcase_add_test(tcase, print_head);
    first = only != NULL && *only != '\0' ? atoi(only) - 1 : 0;
    last = only != NULL && *only != '\0' ? first + 1 : count_plans();
    tcase_add_loop_test(tcase, test_simulation, first, last);
    return tcase;
}
