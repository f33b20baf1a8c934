#include "tick/tick.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "base/text.h"
#include "call/credentials.h"
#include "plan/capacity.h"
#include "plan/timetable.h"
#include "plan/turns.h"
#include "tick/asker.h"
#include "tick/child.h"
#include "tick/warnings.h"
#include "tick/worker.h"
#include "time/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    TICK_STORE_GRACE_MS = 5000,   /* past the budget, to store the answers that came */
    TICK_GIVE_BACK_MS = 3000,     /* to say which runs were left */
    TICK_SETTLE_GRACE_MS = 10000, /* past the budget, to settle what dead workers left */
    TICK_LATE_START_MS = 1000,    /* too little time for a call, unless the budget is tiny */
    TICK_CLAIM_AGE_MS = 60000,    /* a claim on an older reading starts over */
    TICK_READINGS_MAX = 3,
    TICK_SILENCE_MS = 3 * 60 * 1000, /* nothing has ticked for so long: as status has it */
    TICK_KEEP_MS = 3000,             /* to write what was said */
    TICK_NAMES_MS = 1000,            /* to read whom it is about */
    TICK_REPORTED_MS = 3000,         /* to take what the function has reported */
    TICK_ANSWER_MS = 8000, /* nothing comes for longer than the reading waits for a lock */
};

#define TICK_CLOCK_WARN_US  (30 * INSTANT_US_PER_SECOND)
#define TICK_CLOCK_DOUBT_US (5 * INSTANT_US_PER_MINUTE)

/* ---- Steps 1 to 3: read and decide ---- */

/* What a tick's children count and measure, in memory that they share. */
struct tick_shared {
    atomic_size_t warned[WARNINGS];
    atomic_size_t failures;
    _Atomic int64_t cold_ping_ms; /* the warmer met a cold start; 0: it did not */
};

struct tick {
    const struct tick_options *options;
    int64_t deadline_ms; /* the end of the budget, on the monotonic clock */
    struct database *db;
    struct schedules_reading reading;
    int64_t now_us; /* the database's clock at the reading; the earlier clock where they disagree */
    struct due_options due;
    struct due_count count;
    struct claim claim;
    struct zones zones;
    struct due_texts texts;
    struct held_answer *answers; /* of the function, about slots that are held */
    size_t answer_count;
    struct tick_shared *shared; /* NULL: nothing yet */
    struct child warmer;        /* pings the function when asked to; not started unless wanted */
    struct warnings warnings;
    bool has_time;     /* the clock has been read, and due is set */
    bool is_read_only; /* only the window is of interest */
    bool is_alone;     /* no tick that can vouch for its time came before it */
};

/* When the database was restored, where that matters. */
static int64_t tick_restored_us(const struct tick *tick)
{
    return tick->options->after_restore == TICK_SERVES ? INT64_MIN : tick->reading.restored_us;
}

/* The tick's time is the database's clock, less the time since the process started. */
static void tick_set_time(struct tick *tick, const struct schedules_reading *reading)
{
    const struct tick_options *options = tick->options;
    int64_t running_ms = reading->sent_at_ms - options->started_at_ms;
    int64_t apart_us = llabs(reading->host_now_us - reading->now_us);
    bool clocks_agree = apart_us <= TICK_CLOCK_DOUBT_US;
    int64_t t_us;

    tick->now_us = reading->now_us;
    if (!clocks_agree && reading->host_now_us < reading->now_us)
        tick->now_us = reading->host_now_us;
    t_us = options->has_at ? options->at_us : tick->now_us - running_ms * 1000;
    tick->due = (struct due_options){
        .t_us = t_us,
        .window = window_of(t_us),
        .policy = options->policy,
        .is_window_only = options->has_at || tick->is_read_only,
        .clocks_agree = clocks_agree,
        .may_give_up = clocks_agree,
        .held_to = due_held_to(tick_restored_us(tick)),
        .zones = &tick->zones,
        .texts = &tick->texts,
    };
    if (apart_us > TICK_CLOCK_WARN_US)
        warnings_addf(&tick->warnings, WARNING_CLOCKS, NULL,
                      "this host's clock and the database's are %" PRId64 " s apart; %s",
                      apart_us / INSTANT_US_PER_SECOND,
                      clocks_agree ? "the database's counts"
                                   : "either may be wrong, the earlier one applies");
    tick->has_time = true;
}

static void tick_read_schedule(void *context, const struct schedules_reading *reading,
                               const struct schedule *schedule)
{
    struct tick *tick = context;
    struct subject about;
    struct error err;

    err.kind = ERROR_NONE; /* and no kilobyte is cleared for each of many rows */
    if (!tick->has_time)
        tick_set_time(tick, reading);
    due_decide(&tick->due, schedule, &tick->claim, &tick->count, &err);
    if (err.kind == ERROR_NONE)
        return;
    about = timetable_subject(schedule, NULL);
    warnings_add(&tick->warnings, WARNING_INVALID, &about, &err);
}

/*
 * A clock that jumps ahead makes everything look old. So what is too old is not given up on one
 * tick's word: another must have come before it, within the catch-up time.
 */
static void tick_judge_silence(struct tick *tick)
{
    int64_t patience_ms = tick->options->policy.catch_up_ms;
    int64_t last_tick_us = tick->reading.last_tick_us;
    char last_tick[INSTANT_TEXT_SIZE];

    if (patience_ms < TICK_SILENCE_MS)
        patience_ms = TICK_SILENCE_MS;
    if (!tick->is_alone && last_tick_us != INT64_MIN &&
        last_tick_us >= tick->now_us - patience_ms * 1000)
        return;
    tick->is_alone = true; /* its own heartbeat is the last one of its next reading */
    tick->due.may_give_up = false;
    if (!claim_keep_owed(&tick->claim))
        return;
    if (last_tick_us != INT64_MIN)
        instant_format_second(last_tick_us / 1000, last_tick);
    log_warning("slots that are too old wait for the next tick to give them up: nothing has ticked "
                "%s%s",
                last_tick_us != INT64_MIN ? "since " : "before",
                last_tick_us != INT64_MIN ? last_tick : "");
}

/* A connection that was lost is replaced. */
static bool tick_connect(struct tick *tick, struct error *err)
{
    struct database_address address = tick->options->database;
    struct error warning;
    const char *way;

    if (tick->db != NULL && database_is_usable(tick->db))
        return true;
    address.warn = NULL; /* of strangers who could listen: not in every tick */
    database_close(tick->db);
    tick->db = database_open(&address, tick->deadline_ms, err);
    if (tick->db == NULL)
        return false;
    warnings_reset(&tick->warnings, WARNING_EXPOSED);
    if (database_is_exposed(tick->db, &way, &warning))
        warnings_add(&tick->warnings, WARNING_EXPOSED, NULL, &warning);
    return true;
}

/* It lasts as long as what keeps the row from being written; what was said is then kept apart. */
static void tick_warn_of_heartbeat(struct tick *tick, const struct trigger *trigger)
{
    struct error *heartbeat = &tick->reading.heartbeat;
    struct error ignored;

    error_prefix(heartbeat, "the trigger's heartbeat was not written");
    warnings_add(&tick->warnings, WARNING_HEARTBEAT, NULL, heartbeat);
    if (tick_connect(tick, &ignored))
        schedules_read_warnings(tick->db, trigger, clock_now_ms() + TICK_NAMES_MS, &tick->reading);
}

/* One that brings no answer, such as a pooler's that has lost its server, is tried once more. */
static bool tick_read(struct tick *tick, const struct trigger *trigger, struct error *err)
{
    struct schedules_options options = {
        .trigger = trigger,
        .wants_retries = tick->options->policy.max_attempts > 1,
        .wants_held = tick->options->after_restore == TICK_ASKS,
        .silence_ms = TICK_ANSWER_MS,
        .deadline_ms = tick->deadline_ms,
        .read_schedule = tick_read_schedule,
        .context = tick,
    };
    bool is_read = false;

    for (int n = 0; n < 2 && !is_read; n++) {
        claim_free(&tick->claim);
        due_texts_free(&tick->texts);
        tick->count = (struct due_count){0};
        warnings_reset(&tick->warnings, WARNING_INVALID);
        warnings_reset(&tick->warnings, WARNING_CLOCKS);
        warnings_reset(&tick->warnings, WARNING_HEARTBEAT);
        free(tick->reading.said);
        tick->reading.said = NULL;
        tick->has_time = false;
        if (!tick_connect(tick, err))
            return false;
        is_read = schedules_read(tick->db, &options, &tick->reading, err);
        if (!is_read && database_is_usable(tick->db))
            break; /* refused */
        options.silence_ms = 0;
        tick->is_alone = tick->is_alone || !is_read; /* its heartbeat may have been written */
    }
    if (!is_read)
        return error_prefix(err, "reading the schedules");
    if (tick->reading.heartbeat.kind != ERROR_NONE)
        tick_warn_of_heartbeat(tick, trigger);
    if (!tick->has_time)
        tick_set_time(tick, &tick->reading);
    if (tick->reading.knows_said)
        warnings_know(&tick->warnings, tick->reading.said, tick->now_us);
    tick_judge_silence(tick);
    claim_sort(&tick->claim);
    return true;
}

/* ---- Step 4: claim ---- */

/*
 * The warmer's life. Whether the ping comes through or not: the calls will show it. An export takes
 * its time, but a ping takes long only where the function has to be started.
 */
static void tick_warm_up(void *context)
{
    const struct tick *tick = context;
    struct http_target keyless = tick->options->function;
    struct http_ping ping;
    struct error ignored;

    keyless.key = NULL;
    if (http_client_ping(&keyless, clock_now_ms() + HTTP_PING_MS, &ping, &ignored) &&
        http_client_was_cold(&ping, tick->options->policy.cold_start_after_ms))
        atomic_store(&tick->shared->cold_ping_ms, ping.ms);
}

/* Whether --at names a time that has come, and of which the log still has the runs. */
static bool tick_check_at(const struct tick *tick, struct error *err)
{
    const struct tick_options *options = tick->options;
    char pruned_before[INSTANT_TEXT_SIZE];

    if (!options->has_at)
        return true;
    if (options->at_us > tick->now_us) {
        error_set(err, ERROR_USAGE, "--at: that time is in the future");
        return error_hint(err, "give a time that has come; by the database's clock");
    }
    if (tick->due.window.first >= tick->reading.pruned_before)
        return true;
    instant_format_minute(tick->reading.pruned_before, pruned_before);
    error_set(err, ERROR_USAGE,
              "--at: the log was pruned up to %s and no longer shows whether that slot was served",
              pruned_before);
    return error_hint(err, "give a time that is not before it");
}

/*
 * Asks the function about slots that earlier ticks held, before the claim, so that the periods of
 * what is claimed now begin behind what it has done. Takes a quarter of the budget at most: what it
 * has no time for stays held for the next tick. Of a clock that may be wrong nobody knows how long
 * they have been held.
 */
static bool tick_ask(struct tick *tick, struct error *err)
{
    const struct tick_options *options = tick->options;
    struct held held = {0};
    bool ok = true;

    free(tick->answers);
    tick->answers = NULL;
    tick->answer_count = 0;
    if (!tick->reading.has_held_runs || options->is_dry || options->has_at ||
        !tick->due.clocks_agree)
        return true;
    ok = tick_connect(tick, err) && held_read(tick->db, tick->now_us, options->policy.budget_ms,
                                              tick->deadline_ms, &held, err);
    if (ok && held.count > 0) {
        database_close(tick->db); /* no connection crosses a fork */
        tick->db = NULL;
        tick->answers =
            asker_ask(&options->function, &held,
                      options->started_at_ms + options->policy.budget_ms / 4, &tick->answer_count);
    }
    held_free(&held);
    return ok || error_prefix(err, "reading what is held");
}

/* Whether the claim may lead to calls: what is given up, or a changed state, makes none. */
static bool tick_may_call(const struct tick *tick)
{
    bool may_call = tick->reading.has_unfinished_runs || tick->options->retries_failed ||
                    tick->answer_count > 0;

    for (size_t i = 0; !may_call && i < tick->claim.progression_count; i++)
        may_call = tick->claim.progressions[i].fate == CLAIM_SERVE;
    return may_call;
}

/* Reads and claims; a process that was frozen in between claims nothing on an old reading. */
static bool tick_claim(struct tick *tick, struct claim_result *result, struct error *err)
{
    const struct tick_options *options = tick->options;
    const struct trigger *trigger =
        options->is_dry || options->has_at ? NULL : &options->trigger; /* a plain run is a tick */

    for (int n = 0; n < TICK_READINGS_MAX; n++) {
        struct claim_options claim;
        int64_t old_at_ms;

        if (!tick_read(tick, trigger, err) || !tick_check_at(tick, err) ||
            !credentials_check_time(options->function.key, tick->reading.now_us, err) ||
            !tick_ask(tick, err))
            return false;
        if (tick->claim.key_count == 0 && !tick->reading.has_unfinished_runs &&
            !options->retries_failed && tick->answer_count == 0)
            return true;
        if (tick_may_call(tick))
            child_tell(&tick->warmer, (struct child_message){0});
        claim = (struct claim_options){
            .policy = options->policy,
            .trigger = options->trigger,
            .window = tick->due.window,
            .t_us = tick->due.t_us,
            .now_us = tick->now_us,
            .answers = tick->answers,
            .answer_count = tick->answer_count,
            .restored_us = tick_restored_us(tick),
            /* Half the budget belongs to the calls; what is not claimed by then waits. */
            .valid_until_ms = options->started_at_ms + options->policy.budget_ms / 2,
            .deadline_ms = tick->deadline_ms,
            .exceptions = warnings_exceptions(&tick->warnings, WARNING_REFUSED),
            .retries_failed = options->retries_failed,
            .is_manual = options->has_at,
            .is_dry = options->is_dry,
            .clocks_agree = tick->due.clocks_agree,
            .may_give_up = tick->due.may_give_up,
            .has_unfinished_runs = tick->reading.has_unfinished_runs,
        };
        old_at_ms = tick->reading.sent_at_ms + TICK_CLAIM_AGE_MS;
        if (clock_now_ms() >= old_at_ms)
            continue;
        if (claim.valid_until_ms > old_at_ms)
            claim.valid_until_ms = old_at_ms;
        if (!tick_connect(tick, err)) /* the heartbeat may have cost it */
            return false;
        return claim_execute(tick->db, &tick->claim, &claim, result, err) ||
               error_prefix(err, "claiming what is due");
    }
    return error_set(err, ERROR_INTERNAL, "this machine is too slow to claim what is due");
}

/* One line for all: a restore may hold very many slots. */
static void tick_warn_of_held(const struct tick *tick, const struct claim_result *result)
{
    const struct run *first = NULL;
    const struct run *last = NULL;
    char from[INSTANT_TEXT_SIZE];
    char to[INSTANT_TEXT_SIZE];
    struct error err;
    size_t count = 0;

    for (size_t i = 0; i < result->run_count; i++) {
        if (result->runs[i].verdict != CLAIM_RUN_RESTORED)
            continue;
        last = &result->runs[i].run;
        first = count++ == 0 ? last : first;
    }
    if (count == 0)
        return;
    instant_format_minute(first->scheduled_for, from);
    instant_format_minute(last->scheduled_for, to);
    error_set(
        &err, ERROR_DATABASE,
        "the database was restored, promoted or moved: %zu slots, from %s to %s, may have been "
        "served before that and are held",
        count, from, to);
    error_hint(&err, tick->options->after_restore == TICK_ASKS
                         ? "the next ticks ask the function about them"
                         : "say what became of them by: syncsched resolve --ask, or resolve RUN "
                           "--done or --not-done; what was not done, serve by: syncsched run --at "
                           "TIME --retry-failed");
    log_failure_as_warning(&err);
}

/* Why slots of the window were not claimed, where a person should know. */
static void tick_warn_of_obstacle(struct tick *tick, const struct claim_result *result,
                                  const struct claim_obstacle *obstacle)
{
    const struct claim_key *key = &tick->claim.keys[obstacle->key];
    struct subject about = {NULL, key->org_id, key->integration_type, key->integration_id};
    bool is_attempted = false; /* the integration got a run after all: another attempt */

    for (size_t i = 0; tick->options->retries_failed && i < result->run_count; i++)
        if (run_compare_keys(result->runs[i].run.org_id, result->runs[i].run.integration_id,
                             key->org_id, key->integration_id) == 0)
            is_attempted = true;
    if (obstacle->is_running && obstacle->is_accepted)
        warnings_addf(&tick->warnings, WARNING_RUNNING, &about,
                      "skipped, run %.8s began %" PRId64
                      " minutes ago, was accepted and has not reported yet",
                      obstacle->active_run, obstacle->running_minutes);
    else if (obstacle->is_running)
        warnings_addf(&tick->warnings, WARNING_RUNNING, &about,
                      "skipped, run %.8s has been running for %" PRId64 " minutes",
                      obstacle->active_run, obstacle->running_minutes);
    else if (tick->options->has_at && *obstacle->covering_run != '\0' && !is_attempted)
        warnings_addf(&tick->warnings, WARNING_COVERED, &about,
                      "skipped, the slot is covered by run %.8s, which is %s",
                      obstacle->covering_run, obstacle->covering_status);
}

static struct subject tick_subject_of(const struct run *run)
{
    return (struct subject){NULL, run->org_id, run->integration_type, run->integration_id};
}

static void tick_warn_of_claim(struct tick *tick, const struct claim_result *result)
{
    char from[INSTANT_TEXT_SIZE];
    char to[INSTANT_TEXT_SIZE];
    struct subject about;
    bool is_given_up;

    for (size_t i = 0; i < result->abandoned_count; i++) {
        about = tick_subject_of(&result->abandoned[i].run);
        warnings_addf(&tick->warnings, WARNING_ABANDONED, &about, "run %.8s was abandoned, %s",
                      result->abandoned[i].run.run_id,
                      result->abandoned[i].was_accepted
                          ? "accepted, but no report within 30 minutes"
                          : "its outcome is unknown");
    }
    for (size_t i = 0; i < result->run_count; i++) {
        const struct run *run = &result->runs[i].run;

        if (result->runs[i].verdict == CLAIM_RUN || result->runs[i].verdict == CLAIM_RUN_RESTORED)
            continue;
        instant_format_minute(run->covers_from, from);
        instant_format_minute(run->scheduled_for, to);
        is_given_up = result->runs[i].verdict == CLAIM_RUN_GIVEN_UP;
        about = tick_subject_of(run);
        warnings_addf(&tick->warnings, is_given_up ? WARNING_GIVEN_UP : WARNING_CANCELLED, &about,
                      "%s, slots %s to %s (run %.8s)",
                      is_given_up ? "given up as too old" : "cancelled, the schedule has changed",
                      from, to, run->run_id);
    }
    tick_warn_of_held(tick, result);
    about = tick_subject_of(&result->refused_run);
    for (size_t i = 0; i < result->refused; i++) /* the first one speaks for all */
        warnings_add(&tick->warnings, WARNING_REFUSED,
                     *about.integration_id != '\0' ? &about : NULL, &result->refusal);
    if (result->passed > 0)
        warnings_note_exceptions(&tick->warnings, WARNING_REFUSED, result->refused);
    for (size_t i = 0; i < result->obstacle_count; i++)
        tick_warn_of_obstacle(tick, result, &result->obstacles[i]);
}

static void tick_warn_of_reported(struct tick *tick, const struct reported_run *reported)
{
    const struct run *run = &reported->run;
    const struct outcome *outcome = &reported->outcome;
    struct subject about = tick_subject_of(run);

    if (reported_is_failure(reported) && run_failure_is_news(run))
        warnings_addf(&tick->warnings, WARNING_REPORTED, &about,
                      "run %.8s failed, its function reports %s: %s", run->run_id,
                      outcome->error_code, outcome->message != NULL ? outcome->message : "");
    else if (reported_works_again(reported))
        warnings_addf(&tick->warnings, WARNING_WORKS_AGAIN, &about,
                      "works again, the function reports run %.8s completed", run->run_id);
}

/* How runs of earlier ticks ended since. Only a plain tick speaks of them. */
static void tick_take_reported(struct tick *tick, struct reported *reported)
{
    const struct tick_options *options = tick->options;
    struct error err;

    if (!tick->reading.has_reported_runs || options->is_dry || options->has_at)
        return;
    if (!tick_connect(tick, &err) ||
        !reported_take(tick->db, clock_now_ms() + TICK_REPORTED_MS, reported, &err)) {
        error_prefix(&err, "how accepted runs ended is not known yet");
        warnings_add(&tick->warnings, WARNING_UNREPORTED, NULL, &err);
    }
    for (size_t i = 0; i < reported->count; i++)
        tick_warn_of_reported(tick, &reported->runs[i]);
}

/*
 * Says what was added. Where that is about organisations, their names are worth a statement; but
 * a tick without them does all its work.
 */
static void tick_say_warnings(struct tick *tick)
{
    struct org_names names = {0};
    struct error ignored;

    warnings_want_names(&tick->warnings, &names);
    if (tick->db != NULL && database_is_usable(tick->db))
        (void)org_names_read(tick->db, &names, clock_now_ms() + TICK_NAMES_MS, &ignored);
    warnings_say(&tick->warnings, &names);
    org_names_free(&names);
}

/* ---- Steps 5 to 7: dispatch ---- */

/* host:pid:nonce. Unique, so that a token never tells a lie about whose a run is. */
static void tick_token(const struct tick_options *options, char token[128])
{
    uint64_t nonce;

    if (getentropy(&nonce, sizeof nonce) != 0)
        nonce = (uint64_t)clock_now_us();
    snprintf(token, 128, "%.64s:%ld:%016" PRIx64, options->trigger.host, (long)getpid(), nonce);
}

static void tick_show_progress(const struct pool_progress *progress, const int *verdicts)
{
    size_t failed = 0;
    char line[128];

    for (size_t i = 0; i < progress->tasks; i++)
        failed += verdicts[i] == WORKER_FAILED ? 1 : 0;
    snprintf(line, sizeof line, "%zu of %zu done, %zu in flight, %zu failed", progress->done,
             progress->tasks, progress->in_flight, failed);
    log_live_line(line);
}

/*
 * One line for all runs that the database did not let start. Where it refuses some for what they
 * are, and others begin, the tick has not failed; nor has a later one that has nothing but those.
 */
static void tick_note_refusal(struct tick *tick, struct worker_refusal *refusals,
                              struct tick_result *result)
{
    bool is_of_any = atomic_load(&refusals[WORKER_REFUSED_ANY].is_whole);
    struct worker_refusal *refusal = &refusals[is_of_any ? WORKER_REFUSED_ANY : WORKER_REFUSED_ROW];
    size_t refused = atomic_load(&refusal->count);
    size_t left = 0;
    struct error err;

    for (size_t i = 0; i < result->count; i++)
        left += result->verdicts[i] == WORKER_LEFT ? 1 : 0;
    if (left == 0 || !atomic_load(&refusal->is_whole))
        return;
    if (is_of_any || refused > left)
        refused = left;
    err = refusal->error;
    error_prefix(&err, "%zu run%s not started, and stay%s pending", refused,
                 refused == 1 ? "" : "s", refused == 1 ? "s" : "");
    if (left < result->count && !is_of_any)
        warnings_note_exceptions(&tick->warnings, WARNING_NOT_STARTED, refused);
    if (!is_of_any && tick->warnings.said != NULL &&
        (left < result->count ||
         refused <= warnings_exceptions(&tick->warnings, WARNING_NOT_STARTED)))
        warnings_add(&tick->warnings, WARNING_NOT_STARTED, NULL, &err);
    else
        result->refusal = err;
}

/* One line for each type that is throttled, and one for all runs that found no place. */
static void tick_warn_of_waits(struct tick *tick, const struct worker_options *workers,
                               const struct tick_result *result)
{
    size_t throttled[WORKER_WAITS] = {0};
    size_t without_place = 0;
    char until[INSTANT_TEXT_SIZE];

    for (size_t i = 0; i < result->count; i++) {
        size_t type = timetable_find_type(result->runs[i].run.integration_type);

        if (result->verdicts[i] != WORKER_LEFT)
            continue;
        if (atomic_load(&workers->waits[type].throttled_until_ms) > clock_now_ms())
            throttled[type]++;
        else if (worker_was_full(workers, i))
            without_place++;
    }
    for (size_t i = 0; i < RUN_TYPES; i++) {
        if (atomic_load(&workers->waits[i].throttled_until) == 0)
            continue;
        instant_format_second(atomic_load(&workers->waits[i].throttled_until), until);
        warnings_addf(&tick->warnings, WARNING_THROTTLED, NULL,
                      "%s asks not to be called until %s: %zu of its runs stay%s pending",
                      timetable_type(i), until, throttled[i], throttled[i] == 1 ? "s" : "");
    }
    if (without_place > 0)
        warnings_addf(&tick->warnings, WARNING_NO_PLACE, NULL,
                      "%zu run%s found no place among the calls of all ticks (--max-calls), and "
                      "stay%s pending",
                      without_place, without_place == 1 ? "" : "s", without_place == 1 ? "s" : "");
}

/* The runs while they are handed out: which of them can still end. */
struct tick_hand_out {
    struct capacity capacity;
    struct capacity_call *calls; /* task n is calls[n] */
};

static int64_t tick_begin_until(void *context, size_t task, int64_t now_ms)
{
    struct tick_hand_out *hand_out = context;

    return capacity_begin_until_ms(&hand_out->capacity, &hand_out->calls[task], now_ms);
}

static void tick_note_begin(void *context, size_t task, int64_t now_ms)
{
    struct tick_hand_out *hand_out = context;

    capacity_begin(&hand_out->capacity, &hand_out->calls[task], now_ms);
}

/* A run that waits again, or is somebody else's, was not called. */
static void tick_note_end(void *context, size_t task, int verdict, int64_t now_ms)
{
    struct tick_hand_out *hand_out = context;

    if (verdict >= 0)
        capacity_end(&hand_out->capacity, &hand_out->calls[task], now_ms);
    else
        capacity_withdraw(&hand_out->capacity, &hand_out->calls[task]);
}

/* One line, in numbers, where more was due than there is time for. */
static void tick_warn_of_rest(struct tick *tick, const struct tick_hand_out *hand_out,
                              const struct worker_options *workers, size_t count)
{
    const struct capacity *capacity = &hand_out->capacity;
    int64_t whole_ms = capacity->deadline_ms - capacity->began_ms;
    int64_t mean_ms = capacity->ended > 0 ? capacity->sum_ms / (int64_t)capacity->ended : 0;
    int limit = tick->options->policy.max_calls;
    int at_a_time = tick->options->concurrency;
    struct text due = {0};
    struct error err;
    size_t left = 0;

    for (size_t i = 0; i < count; i++)
        if (hand_out->calls[i].began_ms == 0 && !worker_has_waited(workers, i))
            left++;
    if (left == 0)
        return;
    if (limit > 0 && limit < at_a_time)
        at_a_time = limit;
    if (tick->has_time) /* a plain tick, and no order by hand */
        text_addf(&due, ", and %zu are due this minute", tick->count.in_window);
    error_set(&err, ERROR_DATABASE,
              "%zu of %zu runs wait for the next tick: a call takes %.1f s, %d at a time make "
              "%" PRId64 " in the %" PRId64 " s of a tick%s",
              left, count, (double)mean_ms / 1000, at_a_time,
              at_a_time * (mean_ms > 0 && mean_ms < whole_ms ? whole_ms / mean_ms : 1),
              tick->options->policy.budget_ms / 1000, text_string(&due));
    text_free(&due);
    error_hint(&err, "spread the schedules over more minutes, or let another host tick, too; "
                     "syncsched status shows which minutes are too full");
    warnings_add(&tick->warnings, WARNING_NO_TIME, NULL, &err);
}

/* Lets the next tick begin with what was left. If it does not hear of it, it waits 55 s for us. */
static void tick_give_back(const struct tick *tick, const struct tick_result *result)
{
    struct claim_run *left = memory_allocate(result->count, sizeof *left);
    int64_t until_ms = clock_now_ms() + TICK_GIVE_BACK_MS;
    struct database_address address = tick->options->database;
    struct database *db = NULL;
    struct error ignored;
    size_t count = 0;

    address.warn = NULL; /* the tick has warned already */
    for (size_t i = 0; i < result->count; i++)
        if (result->verdicts[i] == WORKER_LEFT)
            left[count++] = result->runs[i];
    if (count > 0)
        db = database_open(&address, until_ms, &ignored);
    if (db != NULL)
        claim_give_back(db, left, count, until_ms, &ignored);
    database_close(db);
    free(left);
}

/* Says a cold start that the warmer met, unless a worker has said one. Whether there was any. */
static bool tick_say_cold_ping(const struct tick *tick, size_t said)
{
    int64_t ping_ms = atomic_load(&tick->shared->cold_ping_ms);
    struct error warning;

    if (ping_ms == 0)
        return false;
    http_client_explain_cold_start(ping_ms, &warning);
    if (said == 0 && !warnings_is_quiet(&tick->warnings, WARNING_COLD))
        log_failure_as_warning(&warning);
    return true;
}

static void tick_count_said(struct tick *tick)
{
    for (enum warning_kind kind = WARNING_LATE; tick->shared != NULL && kind < WARNINGS; kind++) {
        size_t count = atomic_load(&tick->shared->warned[kind]);

        if (kind == WARNING_COLD && tick_say_cold_ping(tick, count))
            count++;
        warnings_count(&tick->warnings, kind, count);
    }
}

static bool tick_share(struct tick *tick)
{
    if (tick->shared == NULL)
        tick->shared = memory_share(1, sizeof *tick->shared);
    return tick->shared != NULL;
}

static bool tick_serve(struct tick *tick, struct tick_result *result, struct error *err)
{
    const struct tick_options *options = tick->options;
    int64_t budget_ms = options->policy.budget_ms;
    int64_t late_ms = budget_ms / 10 < TICK_LATE_START_MS ? budget_ms / 10 : TICK_LATE_START_MS;
    char token[128];
    struct worker_options workers = {
        .database = options->database,
        .function = options->function,
        .policy = options->policy,
        .runs = result->runs,
        .notes = result->notes,
        .warnings = &tick->warnings,
        .tick_token = token,
        .now_us = tick->now_us,
        .deadline_ms = tick->deadline_ms,
        .start_until_ms = tick->deadline_ms - late_ms,
        .store_until_ms = tick->deadline_ms + TICK_STORE_GRACE_MS,
        .settle_until_ms = tick->deadline_ms + TICK_SETTLE_GRACE_MS,
        .warns_if_late = !options->has_at,
        .holds_restored =
            tick->has_time && !options->has_at && options->after_restore != TICK_SERVES,
    };
    struct pool_options pool = {
        .tasks = result->count,
        .workers_max = options->concurrency,
        .hand_out_until_ms = workers.start_until_ms,
        .kill_at_ms = workers.store_until_ms + 1000,
        .settle_until_ms = workers.settle_until_ms,
        .work = worker_work,
        .not_before_ms = worker_not_before_ms,
        .context = &workers,
        .begin_until_ms = tick_begin_until,
        .begin = tick_note_begin,
        .end = tick_note_end,
        .progress = log_has_live_line() ? tick_show_progress : NULL,
    };
    struct tick_hand_out hand_out = {
        .capacity = {.began_ms = clock_now_ms(),
                     .deadline_ms = tick->deadline_ms,
                     .timeout_ms = options->policy.timeout_ms},
        .calls = memory_allocate(result->count, sizeof *hand_out.calls),
    };
    bool ok;

    for (size_t i = 0; i < result->count; i++)
        hand_out.calls[i] = (struct capacity_call){.type = result->runs[i].run.integration_type,
                                                   .takes_ms = result->runs[i].takes_ms};
    pool.tasks_context = &hand_out;
    workers.refusals = memory_share(WORKER_REFUSALS, sizeof *workers.refusals);
    workers.waits = memory_share(WORKER_WAITS, sizeof *workers.waits);
    if (workers.refusals == NULL || workers.waits == NULL || !tick_share(tick))
        return error_set(err, ERROR_INTERNAL, "not enough memory to start workers");
    workers.warned = tick->shared->warned;
    workers.failures = &tick->shared->failures;
    atomic_store(workers.failures, result->failures);
    tick_token(options, token);
    workers.database.warn = NULL; /* the tick has warned already */
    ok = pool_run(&pool, result->verdicts, err);
    log_live_line("");
    result->failures = atomic_load(workers.failures);
    if (ok && !signals_ask_to_end())
        tick_warn_of_rest(tick, &hand_out, &workers, result->count);
    free(hand_out.calls);
    tick_count_said(tick);
    tick_note_refusal(tick, workers.refusals, result);
    tick_warn_of_waits(tick, &workers, result);
    tick_say_warnings(tick);
    tick_give_back(tick, result);
    memory_unshare(workers.refusals, WORKER_REFUSALS, sizeof *workers.refusals);
    memory_unshare(workers.waits, WORKER_WAITS, sizeof *workers.waits);
    return ok;
}

void tick_say_failures(const struct tick_result *result)
{
    if (result->failures > WORKER_FAILURES_SAID)
        log_warning("%zu more runs failed: syncsched log --status failed lists them",
                    result->failures - WORKER_FAILURES_SAID);
}

/* A person who types it again should know why nothing happens; two triggers do so all the time. */
static void tick_say_skipped(const struct tick *tick)
{
    if (log_has_live_line() && !tick->options->has_at && tick->count.covered > 0)
        log_warning("%zu integration%s skipped, the log has the slot of this minute already: "
                    "syncsched log --since today shows it",
                    tick->count.covered, tick->count.covered == 1 ? "" : "s");
}

bool tick_serve_runs(const struct tick_options *options, int64_t now_us, struct tick_result *result,
                     struct error *err)
{
    struct tick tick = {.options = options,
                        .now_us = now_us,
                        .deadline_ms = options->started_at_ms + options->policy.budget_ms};
    bool ok = tick_serve(&tick, result, err);

    memory_unshare(tick.shared, 1, sizeof *tick.shared);
    return ok;
}

/* ---- Step 8: the summary ---- */

/* A lost run (POOL_LOST) was handed out, and nobody came back to say how it ended. */
static void tick_count(const struct tick *tick, struct tick_result *result)
{
    size_t in_window = 0; /* integrations with a slot there that is triggered */
    size_t adopted_left = 0;

    for (size_t i = 0; i < result->count; i++) {
        const struct claim_run *run = &result->runs[i];
        const struct claim_key *key = claim_find_key(&tick->claim, &run->run);

        if (result->verdicts[i] == WORKER_LEFT) {
            adopted_left += run->is_adopted ? 1 : 0;
            continue;
        }
        result->triggered++;
        result->failed += worker_has_failed(result->verdicts[i]) ? 1 : 0;
        if (!run->is_adopted && key != NULL && key->window_slot != INT64_MIN)
            in_window++;
    }
    result->skipped = tick->count.in_window - in_window + adopted_left;
    result->is_complete = true;
}

json_t *tick_summary(const struct tick_result *result)
{
    json_t *ids = json_array();

    for (size_t i = 0; i < result->count && !result->is_dry; i++)
        if (result->verdicts[i] != WORKER_LEFT)
            json_array_append_new(ids, json_string(result->runs[i].run.run_id));
    return json_pack("{s:I, s:I, s:I, s:o}", "triggered", (json_int_t)result->triggered, "skipped",
                     (json_int_t)result->skipped, "failed", (json_int_t)result->failed, "runIds",
                     ids);
}

static void tick_choose_runs(const struct tick_options *options, struct tick_result *result)
{
    const struct claim_result *claim = &result->claim;
    struct turn *turns;

    result->notes_count = options->takes_notes ? claim->run_count : 0;
    if (result->notes_count > 0)
        result->notes = memory_share(result->notes_count, sizeof *result->notes);
    result->runs = memory_allocate(claim->run_count, sizeof *result->runs);
    result->verdicts = memory_allocate(claim->run_count, sizeof *result->verdicts);
    turns = memory_allocate(claim->run_count, sizeof *turns);
    for (size_t i = 0; i < claim->run_count; i++) {
        const struct run *run = &claim->runs[i].run;

        if (claim->runs[i].verdict == CLAIM_RUN)
            turns[result->count++] = (struct turn){.org_id = run->org_id,
                                                   .integration_id = run->integration_id,
                                                   .slot = run->scheduled_for,
                                                   .index = i};
    }
    turns_take(turns, result->count);
    for (size_t i = 0; i < result->count; i++) {
        result->runs[i] = claim->runs[turns[i].index];
        result->verdicts[i] = WORKER_COMPLETED; /* a dry run counts everything as done */
    }
    free(turns);
}

static void tick_end(struct tick *tick)
{
    database_close(tick->db);
    child_end(&tick->warmer);
    memory_unshare(tick->shared, 1, sizeof *tick->shared);
    free(tick->answers);
    warnings_free(&tick->warnings);
    free(tick->reading.said);
    claim_free(&tick->claim);
    zones_free(&tick->zones);
    due_texts_free(&tick->texts);
}

bool tick_run(const struct tick_options *options, struct tick_result *result, struct error *err)
{
    struct tick tick = {.options = options,
                        .deadline_ms = options->started_at_ms + options->policy.budget_ms};
    bool ok;

    *result = (struct tick_result){.is_dry = options->is_dry};
    for (size_t i = 0; i < options->notice_count; i++)
        warnings_add(&tick.warnings, WARNING_NAMES, NULL, &options->notices[i]);
    if (options->warms_up && !options->is_dry && tick_share(&tick)) /* no handle crosses a fork */
        child_start(&tick.warmer, tick_warm_up, &tick);
    ok = tick_claim(&tick, &result->claim, err);
    if (ok) {
        tick_take_reported(&tick, &result->reported);
        tick_warn_of_claim(&tick, &result->claim);
        tick_choose_runs(options, result);
    }
    tick_say_warnings(&tick);
    result->is_late_known = warnings_is_quiet(&tick.warnings, WARNING_LATE);
    result->is_cold_known = warnings_is_quiet(&tick.warnings, WARNING_COLD);
    if (ok && !options->is_dry && result->count > 0) {
        database_close(tick.db); /* as above */
        tick.db = NULL;
        ok = tick_serve(&tick, result, err);
    } else {
        tick_count_said(&tick);
    }
    if (ok || result->count > 0)
        tick_count(&tick, result);
    if (ok)
        tick_say_skipped(&tick);
    tick_say_failures(result);
    result->is_said_apart = tick.reading.is_said_apart;
    result->warnings = tick.warnings;
    tick.warnings = (struct warnings){0};
    tick_end(&tick);
    return ok;
}

static void tick_keep_said(const struct tick_options *options,
                           const struct schedules_warnings *warnings)
{
    struct database_address address = options->database;
    int64_t until_ms = clock_now_ms() + TICK_KEEP_MS;
    struct error err;
    struct database *db;
    bool ok;

    address.warn = NULL; /* the tick has warned already */
    db = database_open(&address, until_ms, &err);
    ok = db != NULL && schedules_keep_warnings(db, &options->trigger, warnings, until_ms, &err);
    database_close(db);
    if (!ok) {
        error_prefix(&err, "the next tick will warn again: this was not written");
        log_failure_as_warning(&err);
    }
}

void tick_end_warnings(const struct tick_options *options, struct tick_result *result,
                       const struct error *monitor)
{
    struct org_names none = {0};
    struct schedules_warnings kept = {
        .is_beaten = result->warnings.now[WARNING_HEARTBEAT].count == 0,
        .was_apart = result->is_said_apart,
    };
    char *said;

    if (monitor != NULL)
        warnings_add(&result->warnings, WARNING_MONITOR, NULL, monitor);
    warnings_say(&result->warnings, &none); /* nothing that is left is about an organisation */
    said = result->is_complete ? warnings_end(&result->warnings) : NULL;
    kept.said = said;
    if (said != NULL)
        tick_keep_said(options, &kept);
    free(said);
}

void tick_result_free(struct tick_result *result)
{
    free(result->runs);
    free(result->verdicts);
    memory_unshare(result->notes, result->notes_count, sizeof *result->notes);
    claim_result_free(&result->claim);
    reported_free(&result->reported);
    warnings_free(&result->warnings);
    *result = (struct tick_result){0};
}

bool tick_read_due(const struct tick_options *options, struct claim *claim, struct error *err)
{
    struct tick tick = {.options = options,
                        .deadline_ms = options->started_at_ms + options->policy.budget_ms,
                        .is_read_only = true};
    bool ok = tick_read(&tick, NULL, err);

    tick_say_warnings(&tick);
    *claim = tick.claim;
    tick.claim = (struct claim){0};
    tick_end(&tick);
    return ok;
}
