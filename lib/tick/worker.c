#include "tick/worker.h"

#include "base/log.h"
#include "base/text.h"
#include "plan/timetable.h"
#include "store/run_log.h"
#include "time/clock.h"
#include "time/instant.h"
#include "time/wait.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    WORKER_TOKEN_SIZE = 160,
    WORKER_PAUSE_FIRST_MS = 50,
    WORKER_PAUSE_MAX_MS = 1000,
    WORKER_TRY_MS = 3000,
    WORKER_CONNECT_MS = 15000,
    WORKER_CALLS_MAX = 4, /* of one run that is not delivered */
    WORKER_BACK_OFF_MS = 500,
    WORKER_NAMES_MS = 500, /* to read whom a warning is about; it waits no longer */
    WORKER_FULL_MS = 250,  /* until it asks again whether there is a place for a call */
    WORKER_MESSAGE_CHARACTERS = 500,
    WORKER_STOP_MS = 5000, /* when it must stop: so long it may take to store an outcome */
};

struct worker {
    const struct worker_options *options;
    struct pool_channel *channel;
    struct database *db;           /* NULL while there is no connection */
    struct http_client *function;  /* NULL before the first call */
    char token[WORKER_TOKEN_SIZE]; /* the tick's, and which of its workers: TICK/NUMBER */
    int parent_fd;                 /* the channel's; -1 once the parent is gone */
    int64_t begin_until_ms;        /* the run may not begin from here on */
    bool must_stop;
    const struct run *run;    /* the one that is served */
    struct worker_note *note; /* about it; never NULL */
};

/* Of the run, with the name of its organisation. */
static void worker_say(const struct worker *worker, const char *message, const char *hint)
{
    const struct run *run = worker->run;
    struct org_names names = {0};
    struct error ignored;
    struct subject about = {NULL, run->org_id, run->integration_type, run->integration_id};

    org_names_want(&names, run->org_id);
    if (worker->db != NULL && database_is_usable(worker->db))
        (void)org_names_read(worker->db, &names, clock_now_ms() + WORKER_NAMES_MS, &ignored);
    about.organization = org_names_find(&names, run->org_id);
    org_names_warn(&about, run->run_id, message, hint);
    org_names_free(&names);
}

static void worker_warn(const struct worker *worker, const char *what, const struct error *err)
{
    struct text message = {0};

    text_addf(&message, "%s%s%s", what, err != NULL ? ": " : "", err != NULL ? err->message : "");
    worker_say(worker, message.data, "");
    text_free(&message);
}

/* One line for the first of a kind; the tick says how many more there were. */
static void worker_warn_once(const struct worker *worker, enum warning_kind kind, const char *what,
                             const struct error *err)
{
    if (atomic_fetch_add(&worker->options->warned[kind], 1) == 0 &&
        !warnings_is_quiet(worker->options->warnings, kind))
        worker_warn(worker, what, err);
}

/* The first failure that was stored wins: a worker that died after that did not crash over it. */
static void worker_note_outcome(const struct worker *worker, const struct outcome *outcome)
{
    struct worker_note *note = worker->note;

    if (note->error_class != OUTCOME_NONE)
        return;
    note->error_class = outcome->error_class;
    snprintf(note->error_code, sizeof note->error_code, "%s", outcome->error_code);
    note->http_status = outcome->http_status;
    snprintf(note->request_id, sizeof note->request_id, "%s", outcome->request_id);
    snprintf(note->error_message, sizeof note->error_message, "%s",
             outcome->message != NULL ? outcome->message : "");
}

/* The first one of a kind speaks for all: where one start is refused, so are often the others. */
static void worker_note_refusal(const struct worker *worker, enum worker_refusal_kind kind,
                                const struct error *err)
{
    struct worker_refusal *refusal = &worker->options->refusals[kind];

    if (atomic_fetch_add(&refusal->count, 1) > 0)
        return;
    refusal->error = *err;
    if (kind == WORKER_REFUSED_ROW)
        error_prefix(&refusal->error, "organisation %s, integration %s", worker->run->org_id,
                     worker->run->integration_id);
    atomic_store(&refusal->is_whole, true);
}

/* ---- What runs wait for ---- */

/* The limit of its own type, where it has one, else that of all types. */
static struct worker_wait *worker_place(const struct worker_options *options, const struct run *run)
{
    size_t type = timetable_find_type(run->integration_type);

    if (type < RUN_TYPES && options->policy.max_calls_of[type] == 0)
        type = RUN_TYPES;
    return &options->waits[type];
}

int64_t worker_not_before_ms(const void *context, size_t task)
{
    const struct worker_options *options = context;
    const struct run *run = &options->runs[task].run;
    size_t type = timetable_find_type(run->integration_type);
    int64_t full_until_ms = atomic_load(&worker_place(options, run)->full_until_ms);
    int64_t throttled_until_ms = atomic_load(&options->waits[type].throttled_until_ms);

    return full_until_ms > throttled_until_ms ? full_until_ms : throttled_until_ms;
}

bool worker_was_full(const struct worker_options *options, size_t task)
{
    return atomic_load(&worker_place(options, &options->runs[task].run)->full_until_ms) != 0;
}

bool worker_has_waited(const struct worker_options *options, size_t task)
{
    size_t type = timetable_find_type(options->runs[task].run.integration_type);

    return worker_was_full(options, task) ||
           atomic_load(&options->waits[type].throttled_until_ms) > clock_now_ms();
}

/* Notes that a type is throttled, unless it is so for longer already. */
static void worker_note_throttle(const struct worker *worker, int64_t for_ms, int64_t until_ms)
{
    size_t type = timetable_find_type(worker->run->integration_type);
    struct worker_wait *wait = &worker->options->waits[type];

    if (clock_now_ms() + for_ms <= atomic_load(&wait->throttled_until_ms))
        return;
    atomic_store(&wait->throttled_until, until_ms);
    atomic_store(&wait->throttled_until_ms, clock_now_ms() + for_ms);
}

/* A run that was to start and is still pending. */
static void worker_note_wait(const struct worker *worker, const struct run_state *state)
{
    if (state->throttled_for_ms > 0)
        worker_note_throttle(worker, state->throttled_for_ms, state->throttled_until_ms);
    else
        atomic_store(&worker_place(worker->options, worker->run)->full_until_ms,
                     clock_now_ms() + WORKER_FULL_MS);
}

/* A place is free again: whoever waits for one of this tick's asks at once. */
static void worker_note_place(const struct worker *worker)
{
    for (size_t i = 0; i < WORKER_WAITS; i++)
        if (atomic_load(&worker->options->waits[i].full_until_ms) != 0)
            atomic_store(&worker->options->waits[i].full_until_ms, clock_now_ms());
}

/* ---- The database, which may come and go ---- */

/* A pooler may take seconds to wake up, so that one try has much of the time. */
static bool worker_connect(struct worker *worker, int64_t until_ms, struct error *err)
{
    int64_t connect_until_ms = clock_now_ms() + WORKER_CONNECT_MS;

    if (worker->db != NULL && !database_is_usable(worker->db)) {
        database_close(worker->db);
        worker->db = NULL;
    }
    if (worker->db == NULL)
        worker->db = database_open(&worker->options->database,
                                   connect_until_ms < until_ms ? connect_until_ms : until_ms, err);
    return worker->db != NULL;
}

/* True when the parent says that it is to stop. Once the parent is gone *fd is of no more use. */
static bool worker_listen(void *context, int *fd)
{
    struct worker *worker = context;
    enum child_word word = pool_listen(worker->channel);

    if (word == CHILD_IS_GONE)
        worker->parent_fd = *fd = -1; /* the answer is waited for and stored all the same */
    if (word == CHILD_SPOKE)
        worker->must_stop = true;
    return word == CHILD_SPOKE;
}

/* Whether a run may be begun: there is time, and a parent who did not say stop. */
static bool worker_may_begin(struct worker *worker)
{
    worker_listen(worker, &worker->parent_fd);
    return worker->parent_fd >= 0 && !worker->must_stop && clock_now_ms() < worker->begin_until_ms;
}

/* Waits, twice as long each time, but not when the parent has something to say. */
static void worker_pause(struct worker *worker, int64_t *pause_ms)
{
    if (wait_for(worker->parent_fd, POLLIN, clock_now_ms() + *pause_ms))
        worker_listen(worker, &worker->parent_fd);
    *pause_ms = *pause_ms * 2 < WORKER_PAUSE_MAX_MS ? *pause_ms * 2 : WORKER_PAUSE_MAX_MS;
}

/* One try on one connection: one that has died in silence must not use up all the time there is. */
static int64_t worker_try_until(int64_t until_ms)
{
    int64_t try_until_ms = clock_now_ms() + WORKER_TRY_MS;

    return try_until_ms < until_ms ? try_until_ms : until_ms;
}

/* What is not in the log is said here: a person may resolve what the log will call unknown. */
static void worker_warn_unstored(const struct worker *worker, const struct outcome *outcome,
                                 const struct error *err)
{
    struct text what = {0};

    if (outcome->error_class != OUTCOME_NONE)
        text_addf(&what, "it failed (%s, %s)", outcome_class_name(outcome->error_class),
                  outcome->error_code);
    else
        text_add(&what, outcome->is_accepted ? "it was accepted" : "it is completed");
    text_add(&what, ", which could not be stored; 30 minutes after its start a tick records it as "
                    "unknown");
    worker_warn_once(worker, WARNING_UNSTORED, what.data, err);
    text_free(&what);
}

/*
 * Stores an outcome, again and again, with a new connection where the old one is lost, until there
 * is no more time or the database refuses it whatever it holds. The state says whether it is in the
 * log.
 */
static bool worker_store(struct worker *worker, enum run_log_step step,
                         const struct outcome *outcome, struct run_state *state)
{
    const struct worker_options *options = worker->options;
    bool settles = step == RUN_LOG_SETTLE;
    struct run_log_transition end = {.step = step,
                                     .run = worker->run,
                                     .token = settles ? options->tick_token : worker->token,
                                     .outcome = outcome};
    int64_t until_ms = settles ? options->settle_until_ms : options->store_until_ms;
    int64_t pause_ms = WORKER_PAUSE_FIRST_MS;
    bool is_stored = false;
    struct error err;

    for (;;) {
        if (worker_connect(worker, until_ms, &err)) {
            end.deadline_ms = worker_try_until(until_ms);
            is_stored = run_log_change(worker->db, &end, state, &err);
        }
        if (is_stored) {
            worker_note_outcome(worker, outcome);
            if (state->lacks_texts)
                worker_warn_once(worker, WARNING_NO_MESSAGE,
                                 "the database refuses its message, which is left out", NULL);
            return true;
        }
        if (worker->db != NULL && database_refuses_rows(worker->db))
            until_ms = INT64_MIN; /* nor will it take that later */
        if (worker->must_stop && until_ms > clock_now_ms() + WORKER_STOP_MS)
            until_ms = clock_now_ms() + WORKER_STOP_MS;
        if (clock_now_ms() + pause_ms >= until_ms) {
            worker_warn_unstored(worker, outcome, &err);
            return false;
        }
        worker_pause(worker, &pause_ms);
    }
}

/* ---- One run ---- */

enum worker_start {
    WORKER_STARTED,
    WORKER_NOT_STARTED, /* somebody else has it, the database refuses, or there is no time */
    WORKER_UNCLEAR,     /* it may have been committed, and its answer was lost */
    WORKER_UNCONNECTED, /* and other workers may be */
    WORKER_WAITS_TO_START,
};

/* What the log says after a start that the database carried out. */
static enum worker_start worker_judge_start(const struct worker *worker,
                                            const struct run_state *state)
{
    struct error err;

    if (state->status == RUN_PENDING && state->is_held) {
        error_set(&err, ERROR_DATABASE,
                  "the database was restored or promoted since the tick began");
        error_hint(&err, "a later tick holds the slots; see what it says");
        worker_note_refusal(worker, WORKER_REFUSED_ANY, &err);
        return WORKER_NOT_STARTED;
    }
    if (state->status == RUN_PENDING) {
        worker_note_wait(worker, state);
        return WORKER_WAITS_TO_START;
    }
    return state->status == RUN_RUNNING && state->is_mine ? WORKER_STARTED : WORKER_NOT_STARTED;
}

/*
 * pending -> running. Where the answer to the COMMIT is lost it asks again: the token tells whose
 * the run is.
 */
static enum worker_start worker_start(struct worker *worker, struct run_state *state)
{
    const struct policy *policy = &worker->options->policy;
    size_t type = timetable_find_type(worker->run->integration_type);
    struct run_log_transition start = {
        .step = RUN_LOG_START,
        .run = worker->run,
        .token = worker->token,
        .max_calls = policy->max_calls,
        .max_calls_of = type < RUN_TYPES ? policy->max_calls_of[type] : 0,
        .not_before_us = worker->options->now_us,
        .holds_restored = worker->options->holds_restored,
    };
    int64_t return_at_ms = clock_now_ms() + WORKER_TRY_MS;
    int64_t pause_ms = WORKER_PAUSE_FIRST_MS;
    enum worker_start end = WORKER_NOT_STARTED;
    enum worker_refusal_kind kind = WORKER_REFUSED_ANY;
    struct error refusal = {0}; /* it says more than that no connection came afterwards */
    struct error err = {0};

    while (worker_may_begin(worker)) {
        if (worker_connect(worker, worker->options->start_until_ms, &err)) {
            if (!worker_may_begin(worker)) /* connecting has taken its time */
                break;
            /* Its answer may come when it is too late to begin, but not for a call. */
            start.deadline_ms = worker_try_until(worker->options->deadline_ms);
            start.call_ms = worker->options->store_until_ms - clock_now_ms();
            if (run_log_change(worker->db, &start, state, &err))
                return worker_judge_start(worker, state);
            if (database_has_refused(worker->db))
                refusal = err;
            else
                end = WORKER_UNCLEAR;
            kind = database_refuses_rows(worker->db) ? WORKER_REFUSED_ROW : WORKER_REFUSED_ANY;
            if (database_is_usable(worker->db))
                break;
        } else if (end != WORKER_UNCLEAR && clock_now_ms() >= return_at_ms) {
            end = WORKER_UNCONNECTED;
            break;
        }
        if (clock_now_ms() + pause_ms < worker->options->start_until_ms)
            worker_pause(worker, &pause_ms);
    }
    if (err.kind != ERROR_NONE)
        worker_note_refusal(worker, kind, refusal.kind != ERROR_NONE ? &refusal : &err);
    return end;
}

static void worker_warn_if_late(const struct worker *worker, int64_t started_at_us)
{
    int64_t late_us = started_at_us - worker->run->scheduled_for * INSTANT_US_PER_MINUTE;
    char what[64];

    if (!worker->options->warns_if_late || late_us <= POLICY_LATE_MINUTES * INSTANT_US_PER_MINUTE)
        return;
    worker->note->late_us = late_us;
    snprintf(what, sizeof what, "started %" PRId64 " minutes after its slot",
             late_us / INSTANT_US_PER_MINUTE);
    worker_warn_once(worker, WARNING_LATE, what, NULL);
}

/* Says of a call that began at that time and was given up now, after how long, and why then. */
static void worker_explain_timeout(const struct worker *worker, int64_t began_ms, int64_t until_ms,
                                   struct outcome *outcome)
{
    const struct policy *policy = &worker->options->policy;
    int64_t now_ms = clock_now_ms();
    struct text message = {0};

    if (strcmp(outcome->error_code, "TIMEOUT") != 0)
        return;
    if (outcome->error_class == OUTCOME_NOT_DELIVERED) {
        text_addf(&message, "no connection to the function within %" PRId64 " s",
                  (now_ms - began_ms) / 1000);
    } else if (now_ms >= until_ms) {
        text_addf(&message, "no answer within %" PRId64 " s, ", (until_ms - began_ms) / 1000);
        if (until_ms < worker->options->deadline_ms)
            text_add(&message, "the limit of --timeout");
        else
            text_addf(&message, "when the tick's %" PRId64 " s were over",
                      policy->budget_ms / 1000);
    }
    if (message.length > 0) {
        free(outcome->message);
        outcome->message = message.data;
    }
}

static void worker_call_once(struct worker *worker, struct outcome *outcome)
{
    int64_t until_ms = worker->options->deadline_ms;
    int64_t now_ms = clock_now_ms();
    struct http_client_interrupt interrupt = {.is_wanted = worker_listen, .context = worker};
    struct error err;

    *outcome = (struct outcome){.records_exported = -1};
    worker_listen(worker, &worker->parent_fd);
    if (now_ms >= until_ms || worker->must_stop) {
        outcome_fail(outcome, OUTCOME_NOT_DELIVERED, "CANCELLED",
                     "the tick's time was over before the call");
        return;
    }
    if (worker->function == NULL)
        worker->function = http_client_open(&worker->options->function, &err);
    if (worker->function == NULL) {
        outcome_fail(outcome, OUTCOME_NOT_DELIVERED, "CANCELLED", err.message);
        return;
    }
    if (worker->options->policy.timeout_ms > 0 &&
        until_ms - now_ms > worker->options->policy.timeout_ms)
        until_ms = now_ms + worker->options->policy.timeout_ms;
    interrupt.fd = worker->parent_fd;
    if (!http_client_call(worker->function, worker->run, until_ms, &interrupt, outcome))
        worker->function = NULL;
    worker_explain_timeout(worker, now_ms, until_ms, outcome);
}

/*
 * How long to wait before the call after the n-th one: half a second, then twice as long each time,
 * less up to half of it, so that the workers of many ticks do not come back as one.
 */
static int64_t worker_back_off_ms(int n, int64_t retry_after_ms)
{
    int64_t longest_ms = (int64_t)WORKER_BACK_OFF_MS << (n - 1);
    uint16_t random;

    if (getentropy(&random, sizeof random) != 0)
        random = (uint16_t)getpid();
    longest_ms -= longest_ms / 2 * random / UINT16_MAX;
    return longest_ms > retry_after_ms ? longest_ms : retry_after_ms;
}

/* Waits until it is time for another call; false when none is to be made, or there is no time. */
static bool worker_waits(struct worker *worker, const struct outcome *outcome, int calls)
{
    int64_t again_at_ms;

    if (!outcome->may_retry || calls == WORKER_CALLS_MAX)
        return false;
    again_at_ms = clock_now_ms() + worker_back_off_ms(calls, outcome->retry_after_ms);
    if (again_at_ms >= worker->begin_until_ms)
        return false;
    while (worker_may_begin(worker) && clock_now_ms() < again_at_ms) {
        int64_t pause_ms = again_at_ms - clock_now_ms();

        worker_pause(worker, &pause_ms);
    }
    return worker_may_begin(worker);
}

/*
 * The external system asks not to be called: this tick's other runs of the type wait from now on,
 * and those of all others once it is in the database. If it cannot be stored, they ask in vain.
 */
static void worker_throttle(struct worker *worker, const struct outcome *outcome)
{
    int64_t for_ms = outcome->retry_after_ms;
    int64_t deadline_ms = worker_try_until(worker->options->store_until_ms);
    struct error err;

    if (!outcome->is_throttled)
        return;
    worker_note_throttle(worker, for_ms, clock_host_us() / 1000 + for_ms);
    if (worker_connect(worker, deadline_ms, &err) &&
        run_log_throttle(worker->db, worker->run->integration_type, for_ms, deadline_ms, &err))
        return;
    worker_warn(worker, "that its external system asks not to be called could not be stored", &err);
}

/*
 * Calls the function, and again where it surely was not reached and may be a moment later, a few
 * times and while a run may be begun at all. The run is the same, so is the key. Says whether the
 * platform failed to start the function at first.
 */
static bool worker_call(struct worker *worker, struct outcome *outcome)
{
    bool was_starting = false;

    worker_call_once(worker, outcome);
    worker_throttle(worker, outcome);
    for (int n = 1; worker_waits(worker, outcome, n); n++) {
        was_starting = was_starting || strcmp(outcome->error_code, "BOOT_ERROR") == 0;
        outcome_free(outcome);
        worker_call_once(worker, outcome);
        worker_throttle(worker, outcome);
    }
    return was_starting;
}

/* A function that had to be started first: no failure, but worth knowing of. */
static void worker_warn_of_cold_start(const struct worker *worker)
{
    if (worker->options->policy.cold_start_after_ms == 0)
        return;
    worker->note->was_cold = true;
    worker_warn_once(worker, WARNING_COLD, "cold start: the platform answered BOOT_ERROR first",
                     NULL);
}

/* What the log has. Of a run that was abandoned there are other lines. */
static void worker_warn_of_failure(const struct worker *worker, const struct run_state *state)
{
    const struct worker_note *note = worker->note;
    bool may_be_settings = /* or it is the function's own answer */
        note->http_status == 401 || note->http_status == 403 || note->http_status == 404;
    struct text what = {0};
    char hint[128];

    if (state->status != RUN_FAILED || !state->is_mine || state->is_abandoned ||
        atomic_fetch_add(worker->options->failures, 1) >= WORKER_FAILURES_SAID)
        return;
    text_addf(&what, "failed %s", state->error_code);
    if (note->took_ms > 0)
        text_addf(&what, " after %" PRId64 ".%" PRId64 " s", note->took_ms / 1000,
                  note->took_ms % 1000 / 100);
    if (*note->error_message != '\0') {
        text_add(&what, ": ");
        text_add_clean(&what, note->error_message, strlen(note->error_message),
                       WORKER_MESSAGE_CHARACTERS);
    }
    snprintf(hint, sizeof hint, "%ssyncsched log %.8s says what can be done",
             may_be_settings ? "syncsched doctor says whether the key or the address is wrong, "
                             : "",
             worker->run->run_id);
    worker_say(worker, what.data, hint);
    text_free(&what);
}

/* A run that began, by what the log says of it. */
static enum worker_verdict worker_judge(const struct worker *worker, const struct run_state *state)
{
    worker_warn_of_failure(worker, state);
    if (state->is_mine && state->status == RUN_COMPLETED)
        return WORKER_COMPLETED;
    return state->is_mine && state->status == RUN_RUNNING && state->is_accepted ? WORKER_ACCEPTED
                                                                                : WORKER_FAILED;
}

/* A start whose answer was lost: if it was committed the run is over before the call. */
static enum worker_verdict worker_take_back(struct worker *worker)
{
    const struct outcome cancelled = {
        .error_class = OUTCOME_NOT_DELIVERED,
        .error_code = "CANCELLED",
        .message = (char[]){"the tick's time was over before the call"},
    };
    struct run_state state;

    if (!worker_store(worker, RUN_LOG_FINISH, &cancelled, &state) || state.status != RUN_FAILED ||
        !state.is_mine)
        return WORKER_LEFT;
    return worker_judge(worker, &state);
}

/* The function reported that it failed, and was faster than its own response. */
static void worker_note_report(const struct worker *worker, const struct run_state *state)
{
    worker->note->error_class = state->error_class;
    snprintf(worker->note->error_code, sizeof worker->note->error_code, "%s", state->error_code);
    snprintf(worker->note->error_message, sizeof worker->note->error_message,
             "the function reported it; see the log");
}

/*
 * Stores the outcome of a call. One that came after its run was abandoned by the 30-minute rule is
 * recorded where nobody has called again; that the function has accepted the run by then is no
 * outcome, and its report may still come.
 */
static enum worker_verdict worker_store_outcome(struct worker *worker,
                                                const struct outcome *outcome)
{
    struct run_state state;

    if (!worker_store(worker, outcome->is_accepted ? RUN_LOG_ACCEPT : RUN_LOG_FINISH, outcome,
                      &state))
        return WORKER_FAILED;
    if (state.status == RUN_FAILED && state.is_mine && state.is_abandoned && outcome->is_accepted) {
        worker_warn(worker, "abandoned, then accepted: the function may still report its end",
                    NULL);
    } else if (state.status == RUN_FAILED && state.is_mine && state.is_abandoned) {
        if (!worker_store(worker, RUN_LOG_FINISH_LATE, outcome, &state))
            return WORKER_FAILED;
        worker_warn(worker,
                    state.status == RUN_COMPLETED
                        ? "abandoned, then answered: its success is recorded"
                        : "abandoned, then answered: its message notes the response",
                    NULL);
    } else if (!state.is_mine || (state.status == RUN_RUNNING && !state.is_accepted)) {
        worker_warn(worker, "abandoned, then answered: the response is not recorded", NULL);
    } else if (state.status == RUN_FAILED && outcome->error_class == OUTCOME_NONE) {
        worker_note_report(worker, &state);
    }
    return worker_judge(worker, &state);
}

static enum worker_verdict worker_serve(struct worker *worker)
{
    struct run_state state = {0};
    struct outcome outcome;
    bool was_starting;
    enum worker_verdict verdict;
    int64_t began_ms;

    switch (worker_start(worker, &state)) {
    case WORKER_STARTED:
        break;
    case WORKER_UNCLEAR:
        return worker_take_back(worker);
    case WORKER_UNCONNECTED:
        return WORKER_RETURNED;
    case WORKER_WAITS_TO_START:
        return WORKER_DEFERRED;
    default:
        return WORKER_LEFT;
    }
    worker_warn_if_late(worker, state.started_at_us);
    began_ms = clock_now_ms();
    was_starting = worker_call(worker, &outcome);
    worker->note->took_ms = clock_now_ms() - began_ms + 1; /* never none */
    verdict = worker_store_outcome(worker, &outcome);
    worker_note_place(worker);
    if (was_starting && outcome.error_class == OUTCOME_NONE)
        worker_warn_of_cold_start(worker);
    if (outcome.warning != NULL)
        worker_warn_once(worker, WARNING_ODD_ANSWER, outcome.warning, NULL);
    outcome_free(&outcome);
    return verdict;
}

/*
 * A worker died over this run. Running under a token of this tick, it is over and nobody knows how,
 * unless the function has accepted it; pending, it had not begun and is served like any other; else
 * its state says how it ended. The dead worker's start may be committed only after it was seen
 * pending: it is settled once more.
 */
static enum worker_verdict worker_settle(struct worker *worker, bool is_wound_up)
{
    const struct outcome crashed = {
        .error_class = OUTCOME_UNKNOWN,
        .error_code = "WORKER_CRASHED",
        .message = (char[]){"the worker died during the call"},
    };
    enum worker_verdict verdict = WORKER_LEFT;

    for (int turn = 0; turn < 2 && verdict == WORKER_LEFT; turn++) {
        struct run_state state;

        if (!worker_store(worker, RUN_LOG_SETTLE, &crashed, &state))
            return WORKER_FAILED;
        if (state.status == RUN_PENDING && !is_wound_up)
            verdict = worker_serve(worker);
        else if (state.status == RUN_PENDING || !state.is_mine)
            return WORKER_LEFT;
        else
            return worker_judge(worker, &state);
    }
    return verdict;
}

bool worker_has_failed(int verdict)
{
    return verdict != WORKER_COMPLETED && verdict != WORKER_ACCEPTED;
}

void worker_work(void *context, struct pool_channel *channel)
{
    struct worker worker = {.options = context, .channel = channel, .parent_fd = channel->fd};
    struct worker_note unread = {0};
    struct pool_task task;

    snprintf(worker.token, sizeof worker.token, "%s/%d", worker.options->tick_token,
             channel->number);
    while (!worker.must_stop && pool_next(channel, &task)) {
        enum worker_verdict verdict = WORKER_LEFT;

        worker.run = &worker.options->runs[task.number].run;
        worker.begin_until_ms = worker.options->start_until_ms;
        if (task.begin_until_ms < worker.begin_until_ms)
            worker.begin_until_ms = task.begin_until_ms;
        unread = (struct worker_note){0};
        worker.note = worker.options->notes != NULL ? &worker.options->notes[task.number] : &unread;
        if (task.deaths > 0)
            verdict = worker_settle(&worker, task.is_wound_up);
        else if (!task.is_wound_up)
            verdict = worker_serve(&worker);
        pool_report(channel, task.number, (int)verdict);
    }
    http_client_close(worker.function);
    database_close(worker.db);
}
