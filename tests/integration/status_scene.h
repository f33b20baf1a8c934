/*
 * The scene of status and health: organisations and integrations, runs of any outcome, and the
 * program. Whatever goes wrong in here fails the running test.
 */
#ifndef SYNCSCHED_INTEGRATION_STATUS_SCENE_H
#define SYNCSCHED_INTEGRATION_STATUS_SCENE_H

#include "support/program.h"

#include <jansson.h>

#define STATUS_ORG "a0000000-0000-4000-8000-000000000001"

/* Fixture: a fresh database in which a trigger ticks, and an organisation of this name. */
void status_scene_open(void);

/* Takes everything out and begins anew, in the same database. */
void status_scene_reset(void);

/* The n-th integration's id; in a static buffer that is used again by the 8th call. */
const char *status_integration(int n);

/* The n-th integration of the organisation, with this schedule. */
void status_add(int n, const char *cron);

/*
 * Runs of the n-th integration, oldest first: "completed 3 days, failed#2 90 minutes". An outcome
 * (completed, failed, unknown, given_up, cancelled, running, accepted, pending), an attempt where it is not
 * the first, and how long ago its slot was.
 */
void status_add_runs(int n, const char *runs);

/* `syncsched LINE` by a shell, with these variables on top; NULL: none. */
struct program_result status_run(const char *line, const char *const env[]);

/* What `syncsched COMMAND --json` prints; checks the exit status. */
json_t *status_read(const char *command, int status);

#endif
