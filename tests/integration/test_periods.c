/*
 * The periods of random histories: the real decisions and the real SQL, at times that are made up,
 * with outcomes of every kind, runs by hand, resolutions, edits and pruning between.
 *
 * The judge counts minutes, and shares no code with what it judges. It knows what each call was told
 * to export and how it ended, and forgets nothing that is pruned. Every minute must lie in exactly
 * one period of what was exported, but where the audit names a hole or an overlap. A hole takes an
 * outcome that is unknown or a person's word, an overlap takes a person.
 */
#include "base/memory.h"
#include "fault/chance.h"
#include "inspect/audit.h"
#include "plan/due.h"
#include "store/by_hand.h"
#include "store/claim.h"
#include "store/prune.h"
#include "store/run_log.h"
#include "store/schedules.h"
#include "support/suite.h"
#include "support/testdb.h"
#include "time/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    INTEGRATIONS = 4, /* two ids in each of two organisations: the same two */
    SEEDS = 8,        /* unless PERIODS_SEEDS says otherwise */
    STEPS = 150,
    CHECK_EVERY = 10,
    STEP_MINUTES_MAX = 60,
    DAY = 24 * 60,
    PRUNED_AFTER = 2 * DAY, /* minutes, and up to a day more */
    WAIT_MS = 60000,
};

#define START INT64_C(29453760) /* a minute: 2026-01-01T00:00Z */
#define TOKEN "periods"

static const char *const crons[] = {"0 * * * *", "*/20 * * * *", "30 */6 * * *", "15 3 * * *",
                                    "* * * * *"};

enum call_state { WAITING, NOT_SENT, REJECTED, UNDER_WAY, MAYBE, DONE };

/* A run as the judge knows it. */
struct call {
    struct run run;
    enum call_state state;
    int64_t made_at;     /* a minute */
    int64_t resolved_at; /* a minute; 0: nobody did */
    bool is_by_hand;
    bool is_by_name;  /* and not wanted again: then nothing that is known is exported twice */
    bool is_not_done; /* as a person says */
    bool is_hanging;  /* its answer is yet to come */
    bool is_accepted; /* its report is */
};

struct calls {
    struct call *calls;
    size_t count;
    size_t capacity;
};

struct history {
    struct chance chance;
    struct database *db;
    struct zones zones;
    struct due_texts texts;
    int64_t now; /* a minute */
    int64_t pruned_before;
    struct calls of[INTEGRATIONS];
    bool is_ill[INTEGRATIONS];          /* hardly anything is done there for a while */
    unsigned char *holes[INTEGRATIONS]; /* by minute, as the audit names them */
    unsigned char *overlaps[INTEGRATIONS];
    int64_t audited_to;
    int counts[8]; /* of what happened: see print_row() */

    /* The reading under way. */
    struct due_options due;
    struct due_count due_count;
    struct claim claim;
};

static int64_t wait_until_ms(void)
{
    return clock_now_ms() + WAIT_MS;
}

static int seeds(void)
{
    const char *text = getenv("PERIODS_SEEDS");

    return text != NULL && *text != '\0' ? atoi(text) : SEEDS;
}

static int64_t minutes_of(const struct history *history)
{
    return history->now - START + 1;
}

static const char *org_of(int n)
{
    return n < 2 ? "00000000-0000-4000-8000-00000000000a" : "00000000-0000-4000-8000-00000000000b";
}

static const char *integration_of(int n)
{
    return n % 2 == 0 ? "10000000-0000-4000-8000-000000000001"
                      : "10000000-0000-4000-8000-000000000002";
}

static int find_integration(const char *org_id, const char *integration_id)
{
    for (int n = 0; n < INTEGRATIONS; n++)
        if (strcmp(org_of(n), org_id) == 0 && strcmp(integration_of(n), integration_id) == 0)
            return n;
    ck_abort_msg("no integration %s %s", org_id, integration_id);
    return -1;
}

/* ---- The world: a database whose clock is the test's ---- */

static void set_clock(const struct history *history)
{
    testdb_exec("UPDATE made_up.clock SET t = to_timestamp(%" PRId64 ")", history->now * 60);
}

static void open_world(struct history *history, uint64_t seed)
{
    struct error err;

    testdb_create();
    testdb_exec("CREATE SCHEMA made_up; CREATE TABLE made_up.clock AS SELECT now() AS t;"
                "CREATE FUNCTION made_up.now() RETURNS timestamptz LANGUAGE sql STABLE"
                " AS 'SELECT t FROM made_up.clock';"
                "DO $$ BEGIN EXECUTE format('ALTER DATABASE %%I SET search_path = made_up, public,"
                " pg_catalog', current_database()); END $$");
    for (int n = 0; n < INTEGRATIONS; n++)
        testdb_exec("INSERT INTO organizations (id, name) VALUES ('%s', 'n')"
                    " ON CONFLICT DO NOTHING;"
                    "INSERT INTO organization_integrations (org_id, integration_id,"
                    " integration_type, cron_schedule, is_enabled)"
                    " VALUES ('%s', '%s', 'xledger', '%s', true)",
                    org_of(n), org_of(n), integration_of(n), crons[n % 3]);
    history->chance = chance_seed(seed, "periods");
    history->now = START;
    history->pruned_before = START;
    history->db = database_open(&(struct database_address){0}, wait_until_ms(), &err);
    ck_assert_msg(history->db != NULL, "%s", err.message);
    set_clock(history);
}

static void close_world(struct history *history)
{
    for (int n = 0; n < INTEGRATIONS; n++) {
        free(history->of[n].calls);
        free(history->holes[n]);
        free(history->overlaps[n]);
    }
    zones_free(&history->zones);
    due_texts_free(&history->texts);
    database_close(history->db);
    testdb_drop();
}

/* ---- Runs ---- */

static struct call *find_call(struct history *history, const struct run *run)
{
    struct calls *calls = &history->of[find_integration(run->org_id, run->integration_id)];

    for (size_t i = 0; i < calls->count; i++)
        if (strcmp(calls->calls[i].run.run_id, run->run_id) == 0)
            return &calls->calls[i];
    calls->calls = memory_grow(calls->calls, calls->count, &calls->capacity, sizeof *calls->calls);
    calls->calls[calls->count] = (struct call){.run = *run, .made_at = history->now};
    return &calls->calls[calls->count++];
}

static struct run_state change(struct history *history, const struct call *call,
                               enum run_log_step step, const struct outcome *outcome)
{
    struct run_log_transition transition = {.step = step,
                                            .run = &call->run,
                                            .token = TOKEN,
                                            .outcome = outcome,
                                            .deadline_ms = wait_until_ms()};
    struct run_state state;
    struct error err;

    ck_assert_msg(run_log_change(history->db, &transition, &state, &err), "%s", err.message);
    return state;
}

/* An answer, or the end of the wait for one. */
static void finish(struct history *history, struct call *call, enum call_state end)
{
    static const enum outcome_class classes[] = {[NOT_SENT] = OUTCOME_NOT_DELIVERED,
                                                 [REJECTED] = OUTCOME_REJECTED,
                                                 [MAYBE] = OUTCOME_UNKNOWN,
                                                 [DONE] = OUTCOME_NONE};
    struct outcome outcome = {.records_exported = -1};
    struct run_state state;

    if (classes[end] != OUTCOME_NONE)
        outcome_fail(&outcome, classes[end], "X", "x");
    call->is_hanging = false;
    if (call->state == UNDER_WAY) {
        state = change(history, call, RUN_LOG_FINISH, &outcome);
        ck_assert_int_eq(state.status, end == DONE ? RUN_COMPLETED : RUN_FAILED);
        call->state = end;
    } else { /* it was abandoned */
        state = change(history, call, RUN_LOG_FINISH_LATE, &outcome);
        if (state.status == RUN_COMPLETED)
            call->state = DONE;
    }
    history->counts[call->state]++;
    outcome_free(&outcome);
}

/* The function gets the call, and sooner or later says something, or not. */
static void serve(struct history *history, struct call *call)
{
    static const enum call_state ends[] = {DONE,     DONE,  DONE,  DONE,     DONE,     REJECTED,
                                           REJECTED, MAYBE, MAYBE, NOT_SENT, UNDER_WAY};
    int n = find_integration(call->run.org_id, call->run.integration_id);
    enum call_state end = ends[chance_pick(&history->chance, 0, sizeof ends / sizeof *ends - 1)];
    struct run_state state = change(history, call, RUN_LOG_START, NULL);

    ck_assert_int_eq(state.status, RUN_RUNNING);
    if (history->is_ill[n] && chance_percent(&history->chance, 90))
        end = REJECTED;
    call->state = UNDER_WAY;
    call->is_hanging = true;
    call->is_accepted = end == UNDER_WAY && chance_percent(&history->chance, 50);
    if (call->is_accepted) {
        struct outcome accepted = {.records_exported = -1, .is_accepted = true};

        ck_assert(change(history, call, RUN_LOG_ACCEPT, &accepted).is_accepted);
    }
    if (end != UNDER_WAY)
        finish(history, call, end);
}

/* The function's own report, maybe too late. It has another clock than the test. */
static void report(struct history *history, struct call *call, enum call_state end)
{
    char *status = testdb_text("SELECT sync_run_%s(run_id%s) ->> 'status' FROM sync_run_log"
                               " WHERE run_id = '%s'",
                               end == DONE ? "complete" : "fail", end == DONE ? "" : ", 'X'",
                               call->run.run_id);

    testdb_exec("UPDATE sync_run_log SET completed_at = completed_at + (made_up.now() - now()),"
                " failed_at = failed_at + (made_up.now() - now())"
                " WHERE run_id = '%s' AND greatest(completed_at, failed_at) > made_up.now()",
                call->run.run_id);
    call->is_hanging = false;
    if (status == NULL)
        return; /* it was pruned */
    if (call->state == UNDER_WAY || strcmp(status, "completed") == 0)
        call->state = end;
    history->counts[call->state]++;
    free(status);
}

/* ---- Ticks ---- */

static void take_schedule(void *context, const struct schedules_reading *reading,
                          const struct schedule *schedule)
{
    struct history *history = context;
    struct error err = {0};

    (void)reading;
    due_decide(&history->due, schedule, &history->claim, &history->due_count, &err);
    ck_assert_msg(err.kind == ERROR_NONE, "%s", err.message);
}

enum who { A_TICK, BY_HAND, BY_NAME };

static void take_claim(struct history *history, const struct claim_result *result, enum who who)
{
    for (size_t i = 0; i < result->abandoned_count; i++)
        find_call(history, &result->abandoned[i].run)->state = MAYBE;
    for (size_t i = 0; i < result->run_count; i++) {
        struct call *call = find_call(history, &result->runs[i].run);

        call->is_by_hand = call->is_by_hand || who == BY_HAND;
        call->is_by_name = who == BY_NAME;
        if (result->runs[i].verdict != CLAIM_RUN)
            call->state = NOT_SENT;
        else if (chance_percent(&history->chance, 85)) /* else its tick dies here */
            serve(history, call);
    }
}

/* at: the minute of a run by hand; 0: a plain tick. */
static void tick(struct history *history, int64_t at)
{
    int64_t now_us = history->now * INSTANT_US_PER_MINUTE;
    bool is_by_hand = at != 0;
    struct schedules_options options = {.wants_retries = true,
                                        .deadline_ms = wait_until_ms(),
                                        .read_schedule = take_schedule,
                                        .context = history};
    struct schedules_reading reading;
    struct claim_options claim;
    struct claim_result result;
    struct error err;

    due_texts_free(&history->texts);
    history->due = (struct due_options){
        .t_us = is_by_hand ? at * INSTANT_US_PER_MINUTE : now_us,
        .policy = {.catch_up_ms = 3 * 3600 * 1000,
                   .max_attempts = chance_percent(&history->chance, 40) ? 3 : 1,
                   .retries_unknown = chance_percent(&history->chance, 50)},
        .is_window_only = is_by_hand,
        .clocks_agree = true,
        .may_give_up = true,
        .zones = &history->zones,
        .texts = &history->texts,
    };
    history->due.window = window_of(history->due.t_us);
    history->claim = (struct claim){0};
    ck_assert_msg(schedules_read(history->db, &options, &reading, &err), "%s", err.message);
    claim_sort(&history->claim);
    claim = (struct claim_options){
        .policy = history->due.policy,
        .trigger = {TOKEN, TOKEN},
        .window = history->due.window,
        .now_us = now_us,
        .valid_until_ms = INT64_MAX,
        .deadline_ms = wait_until_ms(),
        .retries_failed = is_by_hand && chance_percent(&history->chance, 70),
        .is_manual = is_by_hand,
        .clocks_agree = true,
        .may_give_up = true,
        .has_unfinished_runs = reading.has_unfinished_runs,
    };
    ck_assert_msg(claim_execute(history->db, &history->claim, &claim, &result, &err), "%s",
                  err.message);
    take_claim(history, &result, is_by_hand ? BY_HAND : A_TICK);
    claim_result_free(&result);
    claim_free(&history->claim);
}

/* ---- What people do, and late answers ---- */

/* One of the last calls that are in the state, of some integration; NULL: there is none. */
static struct call *pick_call(struct history *history, enum call_state state)
{
    struct calls *calls = &history->of[chance_pick(&history->chance, 0, INTEGRATIONS - 1)];

    for (size_t i = calls->count; i > 0; i--)
        if (calls->calls[i - 1].state == state && chance_percent(&history->chance, 40))
            return &calls->calls[i - 1];
    return NULL;
}

static void run_by_hand(struct history *history)
{
    static const enum call_state states[] = {NOT_SENT, REJECTED, MAYBE};
    struct call *call = pick_call(history, states[chance_pick(&history->chance, 0, 2)]);
    int64_t at = history->now - chance_pick(&history->chance, 1, 3 * DAY);

    if (call != NULL && chance_percent(&history->chance, 60))
        at = call->run.scheduled_for;
    else if (chance_percent(&history->chance, 30))
        at = history->pruned_before + chance_pick(&history->chance, 0, 120);
    if (at >= history->pruned_before)
        tick(history, at);
}

/* Sends one item; only who wants it again is why two slots export the same. */
static void send_by_name(struct history *history, const struct by_hand_subject *subject,
                         const struct by_hand_item *item, bool is_again)
{
    int64_t now_us = history->now * INSTANT_US_PER_MINUTE;
    struct claim_options options = {
        .trigger = {TOKEN, TOKEN},
        .window = window_of(now_us),
        .t_us = now_us,
        .now_us = now_us,
        .restored_us = INT64_MIN,
        .valid_until_ms = INT64_MAX,
        .deadline_ms = wait_until_ms(),
        .is_manual = true,
        .is_chosen = true,
        .sends_again = is_again,
        .clocks_agree = true,
    };
    struct claim claim = {0};
    struct claim_result result;
    struct error err;

    by_hand_add_key(subject, item, &claim);
    ck_assert_msg(claim_execute(history->db, &claim, &options, &result, &err), "%s", err.message);
    take_claim(history, &result, is_again ? BY_HAND : BY_NAME);
    claim_result_free(&result);
    claim_free(&claim);
}

static void run_by_name(struct history *history)
{
    int n = chance_pick(&history->chance, 0, INTEGRATIONS - 1);
    int64_t from = history->now - chance_pick(&history->chance, 1, DAY);
    struct by_hand_order order = {
        .from = from > history->pruned_before ? from : history->pruned_before,
        .to = history->now,
        .options = (unsigned)chance_pick(&history->chance, 0, 7),
        .held_to = INT64_MIN,
    };
    struct by_hand_choice choice = {org_of(n), integration_of(n), order.from, order.to,
                                    0,         wait_until_ms()};
    struct by_hand_reading reading = {0};
    struct error err;

    if (order.from >= order.to)
        return;
    ck_assert_msg(by_hand_read(history->db, &choice, &reading, &err), "%s", err.message);
    by_hand_decide(&order, &reading.subjects[0]);
    for (size_t i = 0; i < reading.subjects[0].item_count; i++)
        if (reading.subjects[0].items[i].is_sent && chance_percent(&history->chance, 70))
            send_by_name(history, &reading.subjects[0], &reading.subjects[0].items[i],
                         (order.options & BY_HAND_AGAIN) != 0);
    by_hand_reading_free(&reading);
}

/* A person's word, sometimes against what the function itself said. */
static void resolve(struct history *history)
{
    bool is_odd = chance_percent(&history->chance, 10);
    struct call *call = pick_call(history, is_odd ? REJECTED : MAYBE);
    bool is_done = is_odd || chance_percent(&history->chance, 40);

    if (call == NULL ||
        testdb_number("WITH resolved AS (UPDATE sync_run_log SET resolution = '%s',"
                      " resolved_at = now(), resolved_by = 'me' WHERE run_id = '%s'"
                      " AND status = 'failed' RETURNING 1) SELECT count(*) FROM resolved",
                      is_done ? "done" : "not_done", call->run.run_id) == 0)
        return; /* or it was pruned */
    call->resolved_at = history->now;
    call->is_not_done = !is_done;
    call->state = is_done ? DONE : REJECTED;
    history->counts[6]++;
}

static void end_a_wait(struct history *history)
{
    static const enum call_state states[] = {UNDER_WAY, UNDER_WAY, MAYBE, REJECTED};
    struct call *call = pick_call(history, states[chance_pick(&history->chance, 0, 3)]);
    enum call_state end = chance_percent(&history->chance, 70) ? DONE : REJECTED;

    if (call != NULL && call->is_hanging && call->is_accepted)
        report(history, call, end);
    else if (call != NULL && call->is_hanging)
        finish(history, call, end);
}

static void edit(struct history *history)
{
    int n = chance_pick(&history->chance, 0, INTEGRATIONS - 1);
    int cron = chance_pick(&history->chance, 0, sizeof crons / sizeof *crons - 1);

    testdb_exec("UPDATE organization_integrations SET cron_schedule = '%s', is_enabled = %s"
                " WHERE org_id = '%s' AND integration_id = '%s'",
                crons[cron], chance_percent(&history->chance, 80) ? "true" : "false", org_of(n),
                integration_of(n));
}

static void prune(struct history *history)
{
    struct prune_options options = {
        .older_than_ms = (int64_t)(PRUNED_AFTER + chance_pick(&history->chance, 0, DAY)) * 60000,
        .stop_at_ms = wait_until_ms(),
        .deadline_ms = wait_until_ms()};
    struct prune_result result;
    struct error err;

    ck_assert_msg(prune_execute(history->db, &options, &result, &err), "%s", err.message);
    if (result.pruned_before > START)
        history->pruned_before = result.pruned_before;
    history->counts[7] += (int)result.deleted;
}

/* ---- The judge ---- */

static bool has_exported(const struct call *call)
{
    return call->state == DONE || call->state == UNDER_WAY || call->state == MAYBE;
}

static bool is_in_period(const struct call *call, int64_t minute)
{
    return minute <= call->run.scheduled_for && minute > call->run.period_start;
}

/* When the function may first have heard of the call's key. */
static int64_t first_of_key(const struct calls *calls, const struct call *call)
{
    int64_t first = call->made_at;

    for (size_t i = 0; i < calls->count; i++) {
        const struct call *other = &calls->calls[i];

        if (other->run.scheduled_for == call->run.scheduled_for && other->state > NOT_SENT &&
            other->made_at < first)
            first = other->made_at;
    }
    return first;
}

/*
 * Whether a person is why two slots exported the same: by running the one by hand when the function
 * knew the other, or before a tick served an earlier slot; or by a word that was wrong or late. By
 * name only by the second, unless it was wanted again.
 */
static bool is_by_person(const struct calls *calls, const struct call *a, const struct call *b)
{
    return (a->is_by_hand &&
            (a->made_at > first_of_key(calls, b) || a->run.scheduled_for > b->run.scheduled_for)) ||
           (a->is_by_name && !b->is_by_name && a->made_at <= b->made_at &&
            a->run.scheduled_for > b->run.scheduled_for) ||
           a->is_not_done || a->resolved_at >= b->made_at;
}

/* Whether a person said that it was not done when some run behind it had been made. */
static bool is_resolved_late(const struct calls *calls, const struct call *call)
{
    for (size_t i = 0; i < calls->count; i++)
        if (calls->calls[i].run.period_start >= call->run.scheduled_for &&
            calls->calls[i].made_at <= call->resolved_at && call->is_not_done)
            return true;
    return false;
}

/* By how many slots a minute was exported, for sure or not. */
struct verdict {
    int slots;
    bool is_sure;
    bool is_excused; /* a person is why it is in two periods, or in none */
};

static struct verdict judge_minute(const struct calls *calls, int64_t minute)
{
    struct verdict verdict = {.is_excused = true};
    bool is_late = false;

    for (size_t i = 0; i < calls->count; i++) {
        const struct call *call = &calls->calls[i];
        bool is_new = true; /* its slot */

        if (!is_in_period(call, minute))
            continue;
        is_late = is_late || is_resolved_late(calls, call);
        for (size_t k = 0; k < i && has_exported(call); k++) {
            const struct call *other = &calls->calls[k];

            if (!has_exported(other) || !is_in_period(other, minute))
                continue;
            if (other->run.scheduled_for == call->run.scheduled_for)
                is_new = false;
            else
                verdict.is_excused = verdict.is_excused && (is_by_person(calls, call, other) ||
                                                            is_by_person(calls, other, call));
        }
        verdict.slots += has_exported(call) && is_new ? 1 : 0;
        verdict.is_sure = verdict.is_sure || call->state == DONE || call->state == UNDER_WAY;
    }
    if (verdict.slots == 0)
        verdict.is_excused = is_late;
    return verdict;
}

/* What is known of the calls that had to do with a minute, for whoever reads that a test failed. */
static void print_minute(const struct calls *calls, int64_t minute)
{
    static const char *const states[] = {"waiting",   "not sent", "rejected",
                                         "under way", "unknown",  "done"};

    for (size_t i = 0; i < calls->count; i++) {
        const struct call *call = &calls->calls[i];

        if (is_in_period(call, minute))
            fprintf(stderr,
                    "%s: slot %" PRId64 ", attempt %d, from %" PRId64 ", made %" PRId64
                    "%s, resolved %" PRId64 "%s, %s\n",
                    call->run.run_id, call->run.scheduled_for, call->run.attempt,
                    call->run.period_start, call->made_at, call->is_by_hand ? " by hand" : "",
                    call->resolved_at, call->is_not_done ? " as not done" : "",
                    states[call->state]);
    }
}

/* A key stands for one period, from the first call on that may have been delivered. */
static void check_keys(const struct calls *calls)
{
    for (size_t i = 0; i < calls->count; i++)
        for (size_t k = 0; k < i; k++) {
            const struct call *a = &calls->calls[i];
            const struct call *b = &calls->calls[k];

            if (a->run.scheduled_for == b->run.scheduled_for && a->state > NOT_SENT &&
                b->state > NOT_SENT)
                ck_assert_msg(a->run.period_start == b->run.period_start,
                              "two periods of one key: runs %s and %s", a->run.run_id,
                              b->run.run_id);
        }
}

static void take_finding(void *context, const struct audit_entry *entry)
{
    struct history *history = context;
    int n = find_integration(entry->org_id, entry->integration_id);
    unsigned char *marks;

    if (entry->period == NULL)
        return;
    marks = entry->period->verdict == PERIODS_OVERLAP ? history->overlaps[n] : history->holes[n];
    ck_assert_ptr_nonnull(entry->period->verdict == PERIODS_SKIPPED ? entry->period->other
                                                                    : entry->period->run);
    for (int64_t m = entry->period->after + 1; m <= entry->period->up_to; m++)
        if (m >= START && m <= history->now)
            marks[m - START] = 1;
}

static void audit(struct history *history)
{
    struct audit_options options = {.deadline_ms = wait_until_ms(),
                                    .from_us = START * INSTANT_US_PER_MINUTE};
    struct audit_result result;
    struct error err;

    for (int n = 0; n < INTEGRATIONS; n++) {
        free(history->holes[n]);
        free(history->overlaps[n]);
        history->holes[n] = memory_allocate((size_t)minutes_of(history), 1);
        history->overlaps[n] = memory_allocate((size_t)minutes_of(history), 1);
    }
    ck_assert_msg(audit_read(&options, take_finding, history, &result, &err), "%s", err.message);
    history->audited_to = result.to;
}

static void check_integration(const struct history *history, int n)
{
    const struct calls *calls = &history->of[n];
    int64_t first = INT64_MAX;
    int64_t last = START;
    int64_t judged_from = history->pruned_before; /* by the audit */

    check_keys(calls);
    for (size_t i = 0; i < calls->count; i++) {
        const struct run *run = &calls->calls[i].run;

        if (!has_exported(&calls->calls[i]))
            continue;
        first = run->scheduled_for < first ? run->scheduled_for : first;
        last = run->scheduled_for > last ? run->scheduled_for : last;
        if (run->period_start == RUN_PERIOD_OPEN && run->scheduled_for >= judged_from)
            judged_from = run->scheduled_for + 1;
    }
    for (int64_t m = first; m < history->audited_to; m++) {
        struct verdict verdict = judge_minute(calls, m);
        bool is_hole =
            m <= last && (verdict.slots == 0 || (verdict.slots == 1 && !verdict.is_sure));

        if (!verdict.is_excused && m <= last)
            print_minute(calls, m);
        ck_assert_msg(verdict.is_excused || m > last,
                      "integration %d: minute %" PRId64 " is in %d periods", n, m, verdict.slots);
        if (m < judged_from)
            continue;
        ck_assert_msg(history->holes[n][m - START] == is_hole,
                      "integration %d: minute %" PRId64 " is %s hole", n, m, is_hole ? "a" : "no");
        ck_assert_msg(history->overlaps[n][m - START] == (verdict.slots > 1),
                      "integration %d: minute %" PRId64 " is in %d periods", n, m, verdict.slots);
    }
}

/* ---- The whole ---- */

static void step(struct history *history)
{
    int drawn = chance_pick(&history->chance, 1, 100);
    int n = chance_pick(&history->chance, 0, INTEGRATIONS - 1);

    history->now += drawn % 10 == 0 ? 8 * 60 /* nothing ticks for a while */
                                    : chance_pick(&history->chance, 1, STEP_MINUTES_MAX);
    set_clock(history);
    if (chance_percent(&history->chance, 5))
        history->is_ill[n] = !history->is_ill[n];
    if (drawn <= 62)
        tick(history, 0);
    else if (drawn <= 74)
        resolve(history);
    else if (drawn <= 82)
        end_a_wait(history);
    else if (drawn <= 87)
        run_by_hand(history);
    else if (drawn <= 92)
        run_by_name(history);
    else if (drawn <= 96)
        edit(history);
    else
        prune(history);
}

START_TEST(test_history)
{
    struct history *history = memory_allocate(1, sizeof *history);
    const char *first = getenv("PERIODS_SEED");
    int seed = _i + (first != NULL ? atoi(first) : 0);
    const int *counts = history->counts;

    open_world(history, (uint64_t)seed);
    for (int i = 1; i <= STEPS; i++) {
        step(history);
        if (i % CHECK_EVERY != 0)
            continue;
        audit(history);
        for (int n = 0; n < INTEGRATIONS; n++)
            check_integration(history, n);
    }
    printf("periods, seed %d: %d done, %d rejected, %d unknown, %d not sent, %d resolved, %d "
           "pruned\n",
           seed, counts[DONE], counts[REJECTED], counts[MAYBE], counts[NOT_SENT], counts[6],
           counts[7]);
    ck_assert_int_gt(counts[DONE] + counts[REJECTED] + counts[MAYBE], STEPS / 3);
    close_world(history);
    free(history);
}
END_TEST

SUITE(periods)
{
    TCase *all = tcase_create("periods");

    tcase_set_timeout(all, 3600);
    tcase_add_loop_test(all, test_history, 0, seeds());
    suite_add_tcase(suite, all);
}
