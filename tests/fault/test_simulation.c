/*
 * Simulated minutes: the real decisions and the real SQL, at times that are made up.
 *
 * All that depends on the time takes it as a parameter, so that weeks of ticks fit into minutes. A
 * tick is its reading, its claim a while later, and the ends of its calls; what happens next is
 * always what comes first in simulated time. So claims are made on readings that are old by then,
 * and the steps of ticks that overlap interleave. Made up are when ticks start, how long things
 * take, and which runs a tick leaves behind pending. Afterwards the auditor is asked.
 */
#include "base/memory.h"
#include "fault/fault.h"
#include "fault/starts.h"
#include "inspect/audit.h"
#include "plan//due.h"
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
    SIMULATION_WAIT_MS = 60000,
    SIMULATION_STEPS_MAX = 256,
};

#define SIMULATION_SECOND INSTANT_US_PER_SECOND

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
};

struct simulation {
    struct chance chance;
    struct database *db;
    struct zones zones;
    struct due_texts texts;
    struct simulation_step steps[SIMULATION_STEPS_MAX];
    size_t step_count;
    int64_t drain_from_us;
    int64_t calls;
    int64_t given_up;
    struct audit_totals totals;

    /* The reading under way. */
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

/* ---- The steps of a tick ---- */

static struct simulation_step *add_step(struct simulation *sim, int64_t at_us)
{
    ck_assert_uint_lt(sim->step_count, SIMULATION_STEPS_MAX);
    sim->steps[sim->step_count] = (struct simulation_step){.at_us = at_us};
    return &sim->steps[sim->step_count++];
}

static void take_schedule(void *context, const struct schedules_reading *reading,
                          const struct schedule *schedule)
{
    struct simulation *sim = context;
    struct error fault = {0};

    (void)reading;
    due_decide(&sim->due, schedule, &sim->claim, &sim->count, &fault);
    ck_assert_msg(fault.kind == ERROR_NONE, "%s", fault.message);
}

/* Most claims follow at once, some when the host comes to itself again. */
static int64_t claim_delay_us(struct chance *chance)
{
    return chance_percent(chance, 2) ? SIMULATION_SECOND * chance_pick(chance, 1, 55)
                                     : 1000 * chance_pick(chance, 5, 400);
}

static void read_and_decide(struct simulation *sim, int64_t t_us)
{
    struct schedules_options options = {
        .deadline_ms = wait_until_ms(), .read_schedule = take_schedule, .context = sim};
    struct schedules_reading reading;
    struct simulation_step *step;
    struct error err;

    due_texts_free(&sim->texts);
    sim->due = (struct due_options){
        .t_us = t_us,
        .window = window_of(t_us),
        .policy = {.catch_up_ms = 60 * 60 * 1000, .max_attempts = 1},
        .clocks_agree = true,
        .may_give_up = true,
        .zones = &sim->zones,
        .texts = &sim->texts,
    };
    sim->claim = (struct claim){0};
    ck_assert_msg(schedules_read(sim->db, &options, &reading, &err), "%s", err.message);
    if (sim->claim.key_count == 0 && !reading.has_unfinished_runs)
        return;
    claim_sort(&sim->claim);
    step = add_step(sim, t_us + claim_delay_us(&sim->chance));
    step->claim = sim->claim;
    step->claim_options = (struct claim_options){
        .policy = sim->due.policy,
        .trigger = {SIMULATION_TOKEN, SIMULATION_TOKEN},
        .window = sim->due.window,
        .t_us = t_us,
        .now_us = t_us,
        .valid_until_ms = INT64_MAX,
        .clocks_agree = true,
        .may_give_up = true,
        .has_unfinished_runs = reading.has_unfinished_runs,
    };
}

/* pending -> running, unless another tick was faster; the call ends after a while. */
static void start_call(struct simulation *sim, const struct run *run, int64_t now_us)
{
    struct run_log_transition start = {.step = RUN_LOG_START,
                                       .run = run,
                                       .token = SIMULATION_TOKEN,
                                       .deadline_ms = wait_until_ms()};
    struct run_state state;
    struct error err;

    ck_assert_msg(run_log_change(sim->db, &start, &state, &err), "%s", err.message);
    if (state.status != RUN_RUNNING)
        return;
    sim->calls++;
    add_step(sim, now_us + starts_exponential_us(&sim->chance, 3 * SIMULATION_SECOND))->run = *run;
}

static void carry_out_claim(struct simulation *sim, struct simulation_step *step)
{
    struct claim_result result;
    struct error err;

    step->claim_options.deadline_ms = wait_until_ms();
    ck_assert_msg(claim_execute(sim->db, &step->claim, &step->claim_options, &result, &err), "%s",
                  err.message);
    for (size_t i = 0; i < result.run_count; i++) {
        if (result.runs[i].verdict != CLAIM_RUN)
            sim->given_up++;
        else if (step->at_us >= sim->drain_from_us ||
                 chance_pick(&sim->chance, 1, SIMULATION_LEFT_IN) > 1)
            start_call(sim, &result.runs[i].run, step->at_us);
    }
    claim_result_free(&result);
    claim_free(&step->claim);
}

static void end_call(struct simulation *sim, const struct run *run)
{
    struct outcome success = {.records_exported = -1};
    struct run_log_transition end = {.step = RUN_LOG_FINISH,
                                     .run = run,
                                     .token = SIMULATION_TOKEN,
                                     .outcome = &success,
                                     .deadline_ms = wait_until_ms()};
    struct run_state state;
    struct error err;

    ck_assert_msg(run_log_change(sim->db, &end, &state, &err), "%s", err.message);
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
            end_call(sim, &step.run);
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

static void ignore_entry(void *context, const struct audit_entry *entry)
{
    (void)context;
    (void)entry;
}

static void audit(struct simulation *sim, const struct simulation_span *span)
{
    struct audit_options options = {.deadline_ms = clock_now_ms() + 600000,
                                    .from_us = span->first * INSTANT_US_PER_MINUTE,
                                    .to_us = (span->last + 1) * INSTANT_US_PER_MINUTE,
                                    .has_to = true};
    struct audit_result result;
    struct error err;

    ck_assert_msg(audit_read(&options, ignore_entry, NULL, &result, &err), "%s", err.message);
    sim->totals = result.totals;
}

static int64_t count_unseen(const bool *is_seen, const struct simulation_span *span,
                            const struct timetable *timetable)
{
    int64_t minute = span->first - 1;
    int64_t unseen = 0;

    while (timetable_next(timetable, minute, &minute) && minute <= span->last)
        unseen += is_seen[minute - span->first] ? 0 : 1;
    return unseen;
}

/* How many slots lie in no tick's window. */
static int64_t lost_by_window_alone(struct simulation *sim, const struct simulation_span *span)
{
    bool *is_seen = memory_allocate((size_t)(span->last - span->first) + 1, sizeof *is_seen);
    int64_t lost = 0;

    for (size_t i = 0; i < span->starts.count; i++) {
        struct window window = window_of(span->starts.at_us[i]);

        for (int64_t minute = window.first; minute <= window.last; minute++)
            if (minute >= span->first && minute <= span->last)
                is_seen[minute - span->first] = true;
    }
    for (int n = 0; n < SCHEDULES; n++) {
        struct timetable timetable;
        struct text text = {0};
        struct error err;

        text_addf(&text, "%s %s", schedules[n].cron, schedules[n].zone);
        ck_assert(timetable_read_text(text.data, &sim->zones, &timetable, &err));
        text_free(&text);
        lost += count_unseen(is_seen, span, &timetable);
    }
    free(is_seen);
    return lost;
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

static void check(const struct simulation *sim, const struct starts_plan *plan)
{
    const int64_t *verdicts = sim->totals.verdicts;
    int64_t served = verdicts[AUDIT_COMPLETED] + verdicts[AUDIT_FOLDED];

    ck_assert_msg(served == sim->totals.slots && sim->totals.slots > 0 && sim->given_up == 0 &&
                      verdicts[AUDIT_EXTRA] == 0 && sim->totals.unjudged == 0,
                  "%s: of %" PRId64 " slots %" PRId64 " served; %" PRId64 " missing, %" PRId64
                  " doubled, %" PRId64 " given up, %" PRId64 " extra (seed %" PRIu64 ")",
                  plan->name, sim->totals.slots, served, verdicts[AUDIT_MISSING],
                  verdicts[AUDIT_DOUBLED], sim->given_up, verdicts[AUDIT_EXTRA], fault_seed());
    /* Each run of the log was called for once, and no call was for anything else. */
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log"), sim->calls);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE status <> 'completed'"),
                     0);
}

/* The span ends a day ago, so that nothing that is simulated lies ahead of the clock. */
static void open_simulation(struct simulation *sim, struct simulation_span *span)
{
    struct starts *starts = &span->starts;
    struct error err;

    sim->chance = chance_seed(fault_seed(), span->plan->name);
    sim->db = database_open(&(struct database_address){0}, wait_until_ms(), &err);
    ck_assert_msg(sim->db != NULL, "%s", err.message);
    span->last = clock_host_us() / INSTANT_US_PER_MINUTE - INSTANT_MINUTES_PER_DAY;
    span->first = span->last - count_minutes() + 1;
    starts_make(span->plan, &sim->chance, span->first, span->last, starts);
    /* The first tick sets the marks: from its window on there are slots. */
    span->first = window_of(starts->at_us[0]).first;
    sim->drain_from_us = starts->at_us[starts->count - 1] + INSTANT_US_PER_MINUTE;
    for (int n = 0; n < SIMULATION_DRAIN; n++)
        starts_add(starts, sim->drain_from_us + n * INSTANT_US_PER_MINUTE);
}

static void simulate(struct simulation *sim, const struct simulation_span *span)
{
    for (size_t i = 0; i < span->starts.count; i++) {
        carry_out_steps(sim, span->starts.at_us[i]);
        read_and_decide(sim, span->starts.at_us[i]);
    }
    carry_out_steps(sim, INT64_MAX);
}

static void print_row(struct simulation *sim, const struct simulation_span *span)
{
    const int64_t *verdicts = sim->totals.verdicts;

    printf("%-20s %8" PRId64 " %8zu %8" PRId64 " %8" PRId64 " %8" PRId64 " %8" PRId64 " %8" PRId64
           " %8.2f%% %8.1f\n",
           span->plan->name, span->last - span->first + 1, span->starts.count, sim->totals.slots,
           sim->calls, verdicts[AUDIT_FOLDED], verdicts[AUDIT_MISSING], verdicts[AUDIT_DOUBLED],
           100.0 * (double)lost_by_window_alone(sim, span) / (double)sim->totals.slots,
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
    audit(sim, &span);
    print_row(sim, &span);
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
    printf("%-20s %8s %8s %8s %8s %8s %8s %8s %9s %8s\n", "simulated starts", "minutes", "ticks",
           "slots", "runs", "folded", "missing", "doubled", "window*", "seconds");
}
END_TEST

START_TEST(print_foot)
{
    puts("* so many slots would be lost if a tick looked at its window and nothing else");
}
END_TEST

TCase *tcase_simulation(void)
{
    TCase *tcase = tcase_create("simulation");

    tcase_set_timeout(tcase, 4 * 3600);
    tcase_add_test(tcase, print_head);
    tcase_add_loop_test(tcase, test_simulation, 0, count_plans());
    tcase_add_test(tcase, print_foot);
    return tcase;
}
