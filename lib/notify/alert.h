/*
 * What a tick met that a person should know, as one account in JSON for a program of the user's.
 *
 * Four kinds of events, each about a run: "failed", "given-up" (a slot was given up), "late" (begun
 * more than five minutes after its slot) and "cold-start". They are collected while the tick goes
 * on, and told at once when it is over: one program a tick, however much has failed, so that a bad
 * night is not a flood. tests/schemas/account.json says what the account looks like.
 */
#ifndef SYNCSCHED_NOTIFY_ALERT_H
#define SYNCSCHED_NOTIFY_ALERT_H

#include "store/claim.h"
#include "tick/tick.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many events are told one by one; of the others, how many there were. */
enum { ALERT_EVENTS_MAX = 1000 };

/* {0} is an empty one. */
struct alert {
    json_t *events; /* NULL: none so far */
    size_t omitted;
};

/* What the claim gave up as too old, and what it recorded as abandoned. */
void alert_note_claim(struct alert *alert, const struct claim_result *result);

/* What became of the runs that the tick dispatched, by their workers' verdicts and notes. */
void alert_note_runs(struct alert *alert, const struct tick_result *result);

bool alert_is_empty(const struct alert *alert);

/* Who tells it. Borrowed. */
struct alert_sender {
    const char *tick_id;
    const char *trigger_name;
    const char *host;
};

/* The account, one line with its end; the caller frees it. */
char *alert_account(const struct alert *alert, const struct alert_sender *sender,
                    const struct summary *summary);

void alert_free(struct alert *alert);

#endif
