/*
 * A proxy between ticks and PostgreSQL that cuts connections at the one instant that hurts: when a
 * COMMIT is on its way. It runs in a process of its own, which ends with the test.
 */
#ifndef SYNCSCHED_TESTS_FAULT_PROXY_H
#define SYNCSCHED_TESTS_FAULT_PROXY_H

#include <stdint.h>

enum proxy_cut {
    PROXY_CUT_BEFORE, /* the server never sees the COMMIT */
    PROXY_CUT_AFTER,  /* the server has it; the connection ends at once */
    PROXY_CUT_ANSWER, /* the server has committed and answered; the client never learns of it */
    PROXY_HOLD,       /* the COMMIT, and all behind it, waits: a client that froze */
    PROXY_CUT_COUNT,
};

/* What the proxy is to do, and did; shared with it, so changed at any time. */
struct proxy {
    volatile int percent[PROXY_CUT_COUNT]; /* of the COMMITs */
    volatile int done[PROXY_CUT_COUNT];
    char only_with[64]; /* only where this stands in front of the COMMIT; "": everywhere */
    char url[512];      /* of the current test database, through the proxy */
};

/* Starts it, without anything to do. */
struct proxy *proxy_start(uint64_t seed);

#endif
