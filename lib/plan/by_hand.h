/*
 * What an order by name comes to (design section 4, "By name"): each slot and each run of an
 * integration that it reaches, whether that would be sent, and why not. Pure.
 *
 * Minutes are UTC minutes since 1970.
 */
#ifndef SYNCSCHED_PLAN_BY_HAND_H
#define SYNCSCHED_PLAN_BY_HAND_H

#include "plan/claim.h"
#include "plan/outcome.h"
#include "plan/schedule.h"
#include "plan/timetable.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is sent besides slots that no run covers. */
enum by_hand_option {
    BY_HAND_AGAIN = 1,   /* what was exported, for its own slot or for a later one */
    BY_HAND_FAILED = 2,  /* what surely was not done */
    BY_HAND_UNKNOWN = 4, /* what may have been done */
};

struct by_hand_order {
    int64_t from; /* [from, to) */
    int64_t to;
    bool is_one_slot;  /* --at: the first slot there and no other */
    bool is_of_failed; /* what failed and may have run there, and nothing else */
    bool is_now;       /* --now: the minute itself, whether or not the schedule names it */
    unsigned options;  /* of enum by_hand_option */
    int64_t held_to;   /* up to it a restored database does not know what was served; INT64_MIN */
};

/* A run that meets the order's minutes, or whose period does. */
struct by_hand_run {
    struct claim_attempt attempt; /* its id and state, to be attempted again */
    enum run_status status;
    enum outcome_class error_class;
    enum run_resolution resolution;
    char error_code[OUTCOME_CODE_SIZE];
    int http_status;          /* 0: no answer came */
    int number;               /* of the attempt */
    int64_t records_exported; /* -1: not known */
    int64_t scheduled_for;
    int64_t covers_from;
    int64_t period_start; /* or RUN_PERIOD_OPEN */
    int64_t starts_anew;  /* where a new run's period would start; of a failed run alone */
};

/* A text of the schedule, in force behind one minute, up to and including another. */
struct by_hand_text {
    int64_t from;
    int64_t to;
    struct timetable timetable;
};

enum by_hand_state {
    BY_HAND_IS_UNCOVERED,
    BY_HAND_IS_HELD, /* no run covers it, and it may have been served before a restore */
    BY_HAND_IS_EXPORTED,
    BY_HAND_IS_FAILED,
    BY_HAND_IS_UNKNOWN,
    BY_HAND_IS_ACTIVE,
};

/* A slot that no run covers, or all attempts at one slot and what they cover. */
struct by_hand_item {
    int64_t slot;       /* its own, or that of its runs */
    int64_t first_slot; /* the first minute of the order that it stands for, */
    size_t slots;       /* and how many */
    enum by_hand_state state;
    const struct by_hand_run *run;   /* the attempt that decides; NULL: no run covers it */
    const struct by_hand_run *last;  /* the last attempt, which another would follow */
    const struct by_hand_run *later; /* has its period, of which it says how that ended, or NULL */
    bool is_partly_exported;         /* an older slot has exported a part of its period meanwhile */
    unsigned lacking;                /* the options that would send it and were not given */
    bool is_sent;
};

/* One integration. Texts, runs and items are owned; by_hand_free() releases them. */
struct by_hand_subject {
    char org_id[RUN_UUID_SIZE];
    char integration_id[RUN_UUID_SIZE];
    char *org_name; /* clean; NULL: it has none */
    char *integration_type;
    char *cron_schedule; /* as read, as is the next */
    char *timezone;
    struct zone zone; /* where the organisation is */
    char *obstacle;   /* why nothing of it is sent; NULL: it is enabled, and its row is valid */
    bool has_present; /* its row has a text that can be read: */
    struct timetable present;
    bool has_journal;
    int64_t mark;
    struct by_hand_text *texts;
    size_t text_count;
    size_t text_capacity;
    struct by_hand_run *runs; /* by scheduled_for and number */
    size_t run_count;
    size_t run_capacity;
    struct by_hand_item *items; /* by slot */
    size_t item_count;
    size_t item_capacity;
    size_t slots; /* of the order */
    size_t sent;  /* of these, those that are sent */
};

/*
 * A text of the journal, in order of time; NULL: it is not known which it was, and the present one
 * is taken for it, as it is for what lies before the journal. Where no text was in force there are
 * no slots.
 */
void by_hand_add_text(struct by_hand_subject *subject, const struct timetable *text, int64_t from,
                      int64_t to);

/* Decides, once texts and runs are complete. */
void by_hand_decide(const struct by_hand_order *order, struct by_hand_subject *subject);

/*
 * Adds what sends the item: a slot that no run covers is claimed as such, and any other by its last
 * attempt, which is borrowed.
 */
void by_hand_add_key(const struct by_hand_subject *subject, const struct by_hand_item *item,
                     struct claim *claim);

void by_hand_free(struct by_hand_subject *subject);

#endif
