/*
 * What a scenario must show, from three lists: the slots that the schedules named, the runs in the
 * log, and the calls in the function's own log. Pure: it asks nobody.
 */
#ifndef SYNCSCHED_TESTS_FAULT_TALLY_H
#define SYNCSCHED_TESTS_FAULT_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TALLY_ID_SIZE = 40, TALLY_KEY_SIZE = 128 };

/* A slot that a schedule names. Times are minutes since 1970, as everywhere below. */
struct tally_slot {
    int integration;
    int64_t minute;
};

/* A row of sync_run_log. */
struct tally_run {
    char id[TALLY_ID_SIZE];
    char key[TALLY_KEY_SIZE];
    int integration;
    int64_t covers_from;
    int64_t scheduled_for;
    bool was_started;  /* was set running at some time */
    bool is_over;      /* completed or failed */
    bool is_completed; /* completed */
    bool is_given_up;  /* failed, because nobody served it in time: GIVEN_UP */
};

/* A request that reached the function. */
struct tally_call {
    char run_id[TALLY_ID_SIZE];
    char key[TALLY_KEY_SIZE];
};

struct tally_lists {
    const struct tally_slot *slots;
    size_t slot_count;
    const struct tally_run *runs;
    size_t run_count;
    const struct tally_call *calls;
    size_t call_count;
};

struct tally {
    /* Slots that no run covers but one that was given up, and completed runs that nobody called. */
    size_t missing;
    /*
     * Slots covered under two values of scheduled_for; calls beyond the one that a run which was
     * set running may make, so that a key is never called more often than the log has attempts;
     * calls with another key than their run's or for no run of the log; runs without a slot.
     */
    size_t doubled;
    size_t stuck; /* runs that are neither completed nor failed */
};

struct tally tally_count(const struct tally_lists *lists);

#endif
