/*
 * What the tests of `syncsched prune` share, in the scene of a tick (support/scene.h): the program,
 * and runs that are old enough for it. Times are SQL's intervals back from now.
 */
#ifndef SYNCSCHED_INTEGRATION_PRUNE_SCENE_H
#define SYNCSCHED_INTEGRATION_PRUNE_SCENE_H

#include "support/scene.h"

/* `syncsched prune OPTIONS...`, in the background. */
struct program *prune_start(const char *options);

/* The same to its end, which must be a good one; the caller frees what it printed. */
char *prune_run(const char *options);

/* The same, with the counts that it is to print. */
void prune_expect(const char *options, long deleted, long kept);

/* A run of the n-th integration at a slot so long ago, begun and ended so long ago. */
void prune_seed_run(int n, const char *status, const char *slot_ago, const char *ended_ago,
                    int attempt);

/* Completed runs of the first integration, one an hour for so many hours, up to the next hour. */
void prune_seed_hours(int hours);

/* The slot at a time so long ago, a minute. */
int64_t prune_minute_ago(const char *ago);

#endif
