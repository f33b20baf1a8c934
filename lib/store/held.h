/*
 * What is held since the database was restored (design section 4): runs that are RESTORED and that
 * nobody has resolved. To ask the function about them; claim.h takes its answers.
 */
#ifndef SYNCSCHED_STORE_HELD_H
#define SYNCSCHED_STORE_HELD_H

#include "base/error.h"
#include "plan/run.h"
#include "store/database.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `struct held held = {0};` is empty; held_free() releases it. */
struct held {
    struct held_run {
        char run_id[RUN_UUID_SIZE];
        char idempotency_key[RUN_KEY_SIZE];
    } * runs; /* in no order */
    size_t count;
    size_t capacity;
};

/* What the function says of one of them: it has exported under the key, or it has not. */
struct held_answer {
    char run_id[RUN_UUID_SIZE];
    bool is_done;
    int64_t records_exported; /* -1: not known */
};

enum { HELD_MAX = 1000 }; /* are read at a time: each may take a lock */

/*
 * Reads those that were held for longer than budget_ms at now_us, and for a day at most. A tick of
 * before has ended by then, so that nothing is about to be called for.
 */
bool held_read(struct database *db, int64_t now_us, int64_t budget_ms, int64_t deadline_ms,
               struct held *held, struct error *err);

void held_free(struct held *held);

#endif
