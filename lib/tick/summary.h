/*
 * What a tick did, in the one line of JSON that it prints (design section 7).
 */
#ifndef SYNCSCHED_TICK_SUMMARY_H
#define SYNCSCHED_TICK_SUMMARY_H

#include "plan/run.h"

#include <stdbool.h>
#include <stddef.h>

struct summary {
    bool is_complete; /* the counts are those of a tick that got as far as to dispatch */
    size_t triggered; /* runs that this tick dispatched */
    size_t skipped;   /* integrations with a slot in the window that it did not trigger, and adopted
                         runs that it did not dispatch */
    size_t failed;    /* of the triggered */
    char (*run_ids)[RUN_UUID_SIZE]; /* of the triggered, oldest slot first; owned */
    size_t run_id_count;
    size_t run_id_capacity;
};

void summary_add_run_id(struct summary *summary, const char *run_id);

/* {"triggered":n,"skipped":n,"failed":n,"runIds":[...]}; the caller frees it. NULL without memory.
 */
char *summary_json(const struct summary *summary);

void summary_free(struct summary *summary);

#endif
