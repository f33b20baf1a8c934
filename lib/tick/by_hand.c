#include "tick/by_hand.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "call/credentials.h"
#include "plan/due.h"
#include "store/org_names.h"
#include "time/clock.h"
#include "time/wait.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    BY_HAND_TRIES = 5, /* where a lock is busy */
    BY_HAND_PAUSE_MS = 200,
    BY_HAND_LATE_MS = 1000, /* too little time to begin anything, unless the budget is tiny */
};

#define BY_HAND_CLOCK_DOUBT_US (5 * INSTANT_US_PER_MINUTE)

/* ---- Looking ---- */

static bool by_hand_check_times(const struct by_hand_options *options,
                                struct by_hand_reading *reading, struct error *err)
{
    int64_t apart_us = llabs(reading->host_now_us - reading->now_us);
    bool clocks_agree = apart_us <= BY_HAND_CLOCK_DOUBT_US;
    int64_t earlier_us = reading->now_us;
    char pruned_before[INSTANT_TEXT_SIZE];

    if (!clocks_agree && reading->host_now_us < reading->now_us)
        earlier_us = reading->host_now_us;
    if (!clocks_agree && options->order.is_now) {
        error_set(err, ERROR_USAGE,
                  "--now: this host's clock and the database's are %" PRId64 " s apart",
                  apart_us / INSTANT_US_PER_SECOND);
        return error_hint(err, "set the clock that is wrong, or name the minute with --at");
    }
    if (options->latest_us > earlier_us) {
        error_set(err, ERROR_USAGE, "that time is in the future");
        return error_hint(err, "give a time that has come; by the database's clock");
    }
    if (options->ends_with_day &&
        reading->to > instant_divide_down(earlier_us, INSTANT_US_PER_MINUTE))
        reading->to = instant_divide_down(earlier_us, INSTANT_US_PER_MINUTE) + 1;
    if (reading->from >= reading->to) {
        error_set(err, ERROR_USAGE, "--from is not before --to");
        return error_hint(err, "--to is the end, and is not served itself");
    }
    if (reading->from >= reading->pruned_before)
        return true;
    if (options->earliest_option == NULL) { /* what is left of the catch-up time */
        reading->from = reading->pruned_before;
        return true;
    }
    instant_format_minute(reading->pruned_before, pruned_before);
    error_set(err, ERROR_USAGE,
              "--%s: the log was pruned up to %s and no longer shows whether that slot was served",
              options->earliest_option, pruned_before);
    return error_hint(err, "give a time that is not before it");
}

bool by_hand_look(const struct by_hand_options *options, struct by_hand_reading *reading,
                  struct error *err)
{
    int64_t deadline_ms = options->tick->started_at_ms + options->tick->policy.budget_ms;
    struct database *db = database_open(&options->tick->database, deadline_ms, err);
    struct by_hand_choice choice = options->choice;
    struct by_hand_order order = options->order;
    bool ok;

    *reading = (struct by_hand_reading){0};
    choice.deadline_ms = deadline_ms;
    ok = db != NULL && by_hand_read(db, &choice, reading, err) &&
         by_hand_check_times(options, reading, err);
    database_close(db);
    if (!ok)
        return false;
    order.from = reading->from;
    order.to = reading->to;
    order.held_to = due_held_to(reading->restored_us);
    for (size_t i = 0; i < reading->count; i++)
        by_hand_decide(&order, &reading->subjects[i]);
    return true;
}

/* ---- Sending ---- */

/* How far one integration is. */
struct by_hand_progress {
    size_t next; /* of its items */
    int tries;
    bool is_stopped; /* a run of it is active: nothing else can follow */
};

struct by_hand_sender {
    const struct by_hand_options *options;
    const struct by_hand_reading *reading;
    struct tick_result *result;
    struct by_hand_progress *progress; /* of each subject */
    size_t *keys;                      /* the subject of each key of the round's claim */
    int64_t deadline_ms;
    int64_t begin_until_ms;
};

/* The next item to be sent of a subject, NULL: there is none. */
static const struct by_hand_item *by_hand_next(const struct by_hand_sender *sender, size_t n)
{
    const struct by_hand_subject *subject = &sender->reading->subjects[n];
    struct by_hand_progress *progress = &sender->progress[n];

    while (progress->next < subject->item_count && !subject->items[progress->next].is_sent)
        progress->next++;
    return progress->next < subject->item_count ? &subject->items[progress->next] : NULL;
}

static void by_hand_pass(struct by_hand_sender *sender, size_t n)
{
    sender->progress[n].next++;
    sender->progress[n].tries = 0;
}

/* The earliest that is still to be sent of each integration, in key order. */
static void by_hand_gather(struct by_hand_sender *sender, struct claim *claim)
{
    for (size_t n = 0; n < sender->reading->count && claim->key_count < CLAIM_PART_KEYS_MAX; n++) {
        const struct by_hand_item *item = by_hand_next(sender, n);

        if (item == NULL || sender->progress[n].is_stopped)
            continue;
        sender->keys[claim->key_count] = n;
        by_hand_add_key(&sender->reading->subjects[n], item, claim);
    }
}

static int64_t by_hand_now_us(const struct by_hand_sender *sender)
{
    int64_t passed_ms = clock_now_ms() - sender->reading->sent_at_ms;

    return sender->reading->now_us + passed_ms * 1000;
}

static bool by_hand_claim(const struct by_hand_sender *sender, const struct claim *claim,
                          struct claim_result *claimed, struct error *err)
{
    const struct tick_options *options = sender->options->tick;
    int64_t now_us = by_hand_now_us(sender);
    struct claim_options claim_options = {
        .policy = options->policy,
        .trigger = options->trigger,
        .window = window_of(now_us),
        .t_us = now_us,
        .now_us = now_us,
        .restored_us = INT64_MIN,
        .valid_until_ms = sender->begin_until_ms,
        .deadline_ms = sender->deadline_ms,
        .is_manual = true,
        .is_chosen = true,
        .sends_again = (sender->options->order.options & BY_HAND_AGAIN) != 0,
        .clocks_agree = true,
    };
    struct database *db = database_open(&options->database, sender->deadline_ms, err);
    bool ok = db != NULL && (claim_execute(db, claim, &claim_options, claimed, err) ||
                             error_prefix(err, "claiming what was asked for"));

    database_close(db); /* no handle crosses a fork */
    return ok;
}

/* Why an item got no run; a lock that is busy is tried again. */
static void by_hand_explain(struct by_hand_sender *sender, const struct claim_result *claimed,
                            size_t key)
{
    size_t n = sender->keys[key];
    const struct by_hand_subject *subject = &sender->reading->subjects[n];
    const struct by_hand_item *item = &subject->items[sender->progress[n].next];
    const struct claim_obstacle *obstacle = NULL;
    struct subject about = {subject->org_name, subject->org_id, subject->integration_type,
                            subject->integration_id};
    struct text message = {0};
    char slot[INSTANT_TEXT_SIZE];

    instant_format_minute(item->slot, slot);
    for (size_t i = 0; i < claimed->obstacle_count; i++)
        if (claimed->obstacles[i].key == key)
            obstacle = &claimed->obstacles[i];
    if (obstacle != NULL && *obstacle->active_run != '\0') {
        text_addf(&message, "slot %s was not sent, run %.8s is %s", slot, obstacle->active_run,
                  obstacle->is_accepted  ? "accepted and has not reported yet"
                  : obstacle->is_running ? "running"
                                         : "pending");
        sender->progress[n].is_stopped = true;
    } else if (claimed->refused > 0) {
        sender->progress[n].is_stopped = true; /* the refusal says why */
    } else if (++sender->progress[n].tries == BY_HAND_TRIES ||
               (item->last == NULL && obstacle != NULL)) {
        text_addf(&message, "slot %s was left alone, it has changed since it was looked at", slot);
        by_hand_pass(sender, n);
    }
    if (message.length > 0)
        org_names_warn(&about, NULL, message.data, "");
    text_free(&message);
}

/* Puts the claimed runs behind those of earlier rounds; returns how many there are. */
static size_t by_hand_take_runs(struct by_hand_sender *sender, const struct claim *claim,
                                const struct claim_result *claimed)
{
    struct tick_result *result = sender->result;

    for (size_t i = 0; i < claimed->run_count; i++) {
        result->runs[result->count + i] = claimed->runs[i];
        result->verdicts[result->count + i] = WORKER_LEFT;
    }
    for (size_t key = 0; key < claim->key_count; key++) {
        bool has_run = false;

        for (size_t i = 0; i < claimed->run_count && !has_run; i++)
            has_run = claim_find_key(claim, &claimed->runs[i].run) == &claim->keys[key];
        if (!has_run)
            by_hand_explain(sender, claimed, key);
    }
    return claimed->run_count;
}

static void by_hand_take_verdict(struct by_hand_sender *sender, const struct claim *claim,
                                 size_t index)
{
    struct tick_result *result = sender->result;
    size_t key = (size_t)(claim_find_key(claim, &result->runs[index].run) - claim->keys);
    int verdict = result->verdicts[index];

    by_hand_pass(sender, sender->keys[key]);
    result->triggered += verdict != WORKER_LEFT ? 1 : 0;
    result->failed += verdict != WORKER_LEFT && worker_has_failed(verdict) ? 1 : 0;
}

/* Serves the runs of this round, as a tick of their own would. */
static bool by_hand_serve(struct by_hand_sender *sender, const struct claim *claim, size_t count,
                          struct error *err)
{
    struct tick_result *result = sender->result;
    size_t first = result->count;
    struct tick_result round = {
        .runs = result->runs + first,
        .verdicts = result->verdicts + first,
        .notes = result->notes != NULL ? result->notes + first : NULL,
        .count = count,
        .failures = result->failures,
    };
    bool ok = tick_serve_runs(sender->options->tick, by_hand_now_us(sender), &round, err);

    result->count += count;
    result->failures = round.failures;
    if (round.refusal.kind != ERROR_NONE)
        result->refusal = round.refusal;
    for (size_t i = first; i < result->count; i++)
        by_hand_take_verdict(sender, claim, i);
    return ok && round.refusal.kind == ERROR_NONE;
}

static void by_hand_note_refusal(struct by_hand_sender *sender, const struct claim_result *claimed)
{
    const struct by_hand_reading *reading = sender->reading;
    const char *organization = NULL;

    for (size_t n = 0; n < reading->count; n++)
        if (strcmp(reading->subjects[n].org_id, claimed->refused_run.org_id) == 0)
            organization = reading->subjects[n].org_name;
    claim_copy_refusal(claimed, organization, &sender->result->refusal);
}

/* One round: at most one run of each integration. *is_over: nothing is left that could be sent. */
static bool by_hand_round(struct by_hand_sender *sender, bool *is_over, struct error *err)
{
    struct claim claim = {0};
    struct claim_result claimed = {0};
    size_t count = 0;
    bool ok = true;

    by_hand_gather(sender, &claim);
    *is_over = claim.key_count == 0;
    if (!*is_over) {
        ok = by_hand_claim(sender, &claim, &claimed, err);
        if (ok && claimed.refused > 0)
            by_hand_note_refusal(sender, &claimed);
        if (ok)
            count = by_hand_take_runs(sender, &claim, &claimed);
        if (ok && count > 0)
            ok = by_hand_serve(sender, &claim, count, err);
        else if (ok)
            wait_for(-1, 0, clock_now_ms() + BY_HAND_PAUSE_MS);
    }
    claim_result_free(&claimed);
    claim_free(&claim);
    return ok;
}

/* What the budget, a signal or a run that is active kept from being sent. */
static void by_hand_warn_of_rest(struct by_hand_sender *sender)
{
    const struct by_hand_reading *reading = sender->reading;
    int64_t first = INT64_MAX;
    char from[INSTANT_TEXT_SIZE];
    struct error err;
    size_t left = 0;

    for (size_t n = 0; n < reading->count; n++) {
        const struct by_hand_subject *subject = &reading->subjects[n];

        for (size_t i = sender->progress[n].next; i < subject->item_count; i++) {
            if (!subject->items[i].is_sent)
                continue;
            left++;
            if (subject->items[i].first_slot < first)
                first = subject->items[i].first_slot;
        }
    }
    if (left == 0)
        return;
    instant_format_minute(first, from);
    error_set(&err, ERROR_DATABASE, "%zu of what was to be sent %s left, from %s on", left,
              left == 1 ? "is" : "are", from);
    error_hint(&err, "go on with the same command and --from %s; --budget gives it more time",
               from);
    log_failure_as_warning(&err);
}

static size_t by_hand_count(const struct by_hand_reading *reading, bool sent_only)
{
    size_t count = 0;

    for (size_t n = 0; n < reading->count; n++)
        for (size_t i = 0; i < reading->subjects[n].item_count; i++)
            count += !sent_only || reading->subjects[n].items[i].is_sent ? 1 : 0;
    return count;
}

bool by_hand_send(const struct by_hand_options *options, const struct by_hand_reading *reading,
                  struct tick_result *result, struct error *err)
{
    const struct tick_options *tick = options->tick;
    int64_t budget_ms = tick->policy.budget_ms;
    int64_t late_ms = budget_ms / 10 < BY_HAND_LATE_MS ? budget_ms / 10 : BY_HAND_LATE_MS;
    size_t count = by_hand_count(reading, true);
    struct by_hand_sender sender = {
        .options = options,
        .reading = reading,
        .result = result,
        .progress = memory_allocate(reading->count, sizeof *sender.progress),
        .keys = memory_allocate(reading->count, sizeof *sender.keys),
        .deadline_ms = tick->started_at_ms + budget_ms,
        .begin_until_ms = tick->started_at_ms + budget_ms - late_ms,
    };
    bool is_over = false;
    bool ok = credentials_check_time(tick->function.key, reading->now_us, err);

    *result = (struct tick_result){.notes_count = tick->takes_notes ? count : 0};
    result->runs = memory_allocate(count, sizeof *result->runs);
    result->verdicts = memory_allocate(count, sizeof *result->verdicts);
    if (result->notes_count > 0)
        result->notes = memory_share(count, sizeof *result->notes);
    while (ok && !is_over && clock_now_ms() < sender.begin_until_ms && !signals_ask_to_end())
        ok = by_hand_round(&sender, &is_over, err);
    result->skipped = by_hand_count(reading, false) - result->triggered;
    result->is_complete = ok || result->count > 0;
    by_hand_warn_of_rest(&sender);
    tick_say_failures(result);
    free(sender.progress);
    free(sender.keys);
    return ok || result->refusal.kind != ERROR_NONE;
}
