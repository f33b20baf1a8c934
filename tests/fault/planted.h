/*
 * The audit of what was simulated; and then again, once rows of the log were removed: it must find
 * exactly these, whatever was edited since.
 */
#ifndef SYNCSCHED_TESTS_FAULT_PLANTED_H
#define SYNCSCHED_TESTS_FAULT_PLANTED_H

#include "inspect/audit.h"

#include <stdint.h>

struct planted {
    struct audit_result audit;         /* before anything was removed */
    char first_missing[RUN_UUID_SIZE]; /* its integration; "" when none was, by then */
    int64_t missing_slot;
    long removed; /* rows */
    long missing; /* slots that were theirs alone, and which the audit finds */
};

/*
 * Audits the minutes first to last, removes so many rows by chance, which the seed repeats, and
 * audits again. Fails the test where that does not find what is missing, or finds anything else.
 */
void planted_check(int64_t first, int64_t last, long rows, uint64_t seed, struct planted *planted);

#endif
