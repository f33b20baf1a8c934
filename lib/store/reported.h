/*
 * How runs ended that their function reported when no tick waited for them any more: accepted ones,
 * and those that were failed before. A tick takes them to say so; each is taken once.
 */
#ifndef SYNCSCHED_STORE_REPORTED_H
#define SYNCSCHED_STORE_REPORTED_H

#include "base/error.h"
#include "plan/outcome.h"
#include "plan/run.h"
#include "store/database.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `struct reported reported = {0};` is empty; reported_free() releases it. */
struct reported {
    struct reported_run {
        struct run run;
        struct outcome outcome; /* as far as the log has it */
        bool had_failed;        /* it is completed, but was failed before: its report was late */
    } * runs;                   /* in no order */
    size_t count;
    size_t capacity;
};

enum { REPORTED_MAX = 1000 }; /* are taken at a time */

/* Whether it failed; and whether it ends a row of failures. */
bool reported_is_failure(const struct reported_run *reported);
bool reported_works_again(const struct reported_run *reported);

/*
 * False with err where some or all could not be taken: reported has those that were. What the
 * database refuses because of one row keeps it from no other.
 */
bool reported_take(struct database *db, int64_t deadline_ms, struct reported *reported,
                   struct error *err);

void reported_free(struct reported *reported);

#endif
