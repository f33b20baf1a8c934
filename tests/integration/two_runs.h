/*
 * Two runs of a day in 2024, one of which fails: what a tick makes of them, to be compared with what
 * it makes of them while something else goes wrong.
 */
#ifndef SYNCSCHED_INTEGRATION_TWO_RUNS_H
#define SYNCSCHED_INTEGRATION_TWO_RUNS_H

#include "support/scene.h"

/* The rows of the log, less what differs from tick to tick. The caller frees them. */
char *two_runs_read(void);

/* Serves the two, the second of which fails; empties the log and returns what it held. */
char *two_runs_serve(struct scene_tick *tick);

#endif
