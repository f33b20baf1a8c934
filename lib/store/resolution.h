/*
 * What is said afterwards of a run that failed: by a person, or by the function when asked (design
 * section 4). It never replaces the outcome.
 */
#ifndef SYNCSCHED_STORE_RESOLUTION_H
#define SYNCSCHED_STORE_RESOLUTION_H

#include "base/error.h"
#include "plan/outcome.h"
#include "plan/run.h"
#include "store/database.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RESOLUTION_BY_SIZE = 128, RESOLUTION_NOTE_MAX = 2000 }; /* characters of a note */

/* A run, and what decides whether it can be resolved. */
struct resolution_run {
    struct run run;
    enum run_status status;
    enum outcome_class error_class;
    char error_code[OUTCOME_CODE_SIZE];
    enum run_resolution resolution;
    char resolved_by[RESOLUTION_BY_SIZE]; /* cut to fit */
    bool has_active_attempt;              /* at its slot; that one decides */
};

struct resolution_runs {
    struct resolution_run *runs;
    size_t count;
    size_t capacity;
};

/* What is said of a run. Texts are borrowed, valid UTF-8, and fit into the log's columns. */
struct resolution {
    enum run_resolution word; /* done or not done */
    const char *by;
    const char *note; /* NULL: none */
    int64_t records;  /* that were exported; -1: not known */
    bool replaces;    /* also what was said before */
};

/*
 * Adds the run that a person means by its id, by a unique beginning of it (at least six digits), or
 * by an idempotency key, which means the last attempt at its slot. ERROR_USAGE where no run is
 * meant, or several are; the hint names them. Fails with the errors of database.h besides.
 */
bool resolution_find(struct database *db, const char *name, int64_t deadline_ms,
                     struct resolution_runs *found, struct error *err);

/* Adds every run whose outcome is unknown and unresolved, in key order and by slot. */
bool resolution_find_open(struct database *db, int64_t deadline_ms, struct resolution_runs *found,
                          struct error *err);

void resolution_runs_free(struct resolution_runs *runs);

/*
 * Writes what is said of a run, under its integration's lock. *is_written is false where it cannot
 * be: the run has not failed, it is resolved, or another attempt at its slot is under way. Either
 * way run is then what the log has.
 */
bool resolution_write(struct database *db, const struct resolution *resolution, int64_t deadline_ms,
                      struct resolution_run *run, bool *is_written, struct error *err);

#endif
