/*
 * What the tests of `syncsched doctor` share, in the scene of a tick (support/scene.h): a role that may
 * do what a tick needs and no more, the diagnosis, and its hints, applied as a person would.
 *
 * The program's settings are the environment of the test itself.
 */
#ifndef SYNCSCHED_INTEGRATION_DOCTOR_SCENE_H
#define SYNCSCHED_INTEGRATION_DOCTOR_SCENE_H

#include "support/scene.h"

#include <jansson.h>
#include <stdbool.h>

/* Fixtures: the scene, in which there is nothing for a doctor to find; and its end. */
void doctor_open(void);
void doctor_close(void);

/* The role that connects. */
const char *doctor_role(void);

/* The configuration file to name; "/dev/null" at first. Borrowed. */
void doctor_set_config(const char *path);

/*
 * The role that owns the database and all in it, as whom hints are applied: as Supabase's postgres it
 * is no superuser, and a member of the API's roles.
 */
const char *doctor_owner(void);

/* Gives the owner what a test has made since as the superuser. */
void doctor_give_to_owner(void);

/* Sees that callers of the API may do no more than before: in the scene as it was made, or accepted. */
void doctor_expect_closed(void);
void doctor_accept_openings(void);

/* Runs SQL as the superuser, "{role}" standing for the role, and has a pooler open its sessions anew. */
void doctor_exec(const char *sql);

struct diagnosis {
    int status;
    json_t *findings;
    size_t failed;
    size_t warned;
    int64_t wall_ms;
};

/* `syncsched doctor --json`: exit 0 without a failure, 1 with one, stderr empty. */
struct diagnosis doctor_diagnose(void);
void diagnosis_free(struct diagnosis *diagnosis);

/* The text of a finding; "" where it is null. */
const char *diagnosis_text(const struct diagnosis *diagnosis, size_t index, const char *member);

/* The first finding that is neither ok nor not asked, or the number of findings. */
size_t diagnosis_first(const struct diagnosis *diagnosis);

/* The first finding of this check; fails the test when there is none. */
size_t diagnosis_find(const struct diagnosis *diagnosis, const char *check);

/* Sees that nothing is wrong. */
void doctor_expect_good(void);

/*
 * Sees that the first thing wrong is of this check and state ("fail", "warning") and says so, and
 * nothing else is, unless there may be others. The caller frees the hint.
 */
char *doctor_expect_fault(const char *check, const char *state, const char *message, bool is_alone);

/* Does what a hint says: SQL, a command of a shell, a line of a crontab, "unset NAME". */
void doctor_apply(const char *hint);

/* Does what all hints say, and looks again until nothing is wrong, a few times at the most. */
void doctor_mend_all(void);

/* One fault, alone: it is named, its hint applied, and then nothing is wrong. */
void doctor_expect_mended(const char *check, const char *state, const char *message);

#endif
