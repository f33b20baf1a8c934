/*
 * The scene of a tick: a database, the scripted function, seeded schedules, and the real program.
 *
 * One organisation and its integrations, numbered from 1. Whatever goes wrong in here, a summary that
 * is not exactly one line of JSON included, fails the running test.
 */
#ifndef TESTS_SUPPORT_SCENE_H
#define TESTS_SUPPORT_SCENE_H

#include "support/function.h"
#include "support/program.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SCENE_ORG "00000000-0000-4000-8000-00000000000a"

/* A legacy key: a JWT whose payload is {"role":"service_role","iss":"scene"}. */
#define SCENE_KEY "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIiwiaXNzIjoic2NlbmUifQ.c2VjcmV0"

enum { SCENE_CHILDREN_MAX = 64 };

/* Fixtures: a fresh database with the schema and a function server; and the end of both. */
void scene_open(void);
void scene_close(void);

/* The same in a database that is there already. */
void scene_begin(void);

struct function *scene_function(void);

/* What the program gets instead of the function's URL, or of the key; texts are borrowed. */
void scene_set_url(const char *url);
void scene_set_key(const char *name, const char *key);

/* More of the environment, "K=V" as for program_run(); NULL: nothing. Borrowed. */
void scene_set_variable(const char *variable);

/*
 * A line of shell that starts the program, "$@" being its words ('exec "$@" >/dev/full'); NULL: it is
 * started as it is. Borrowed.
 */
void scene_set_wrapper(const char *line);

/*
 * Runs `syncsched LINE` to its end, whatever the command, the line as a shell takes it apart. env as
 * for program_run().
 */
struct program_result scene_command(const char *line, const char *const env[]);

/* ---- Time ---- */

/* Waits until the window of now lasts for margin_ms more; returns the one slot in it, a minute. */
int64_t scene_settle(int margin_ms);

/* The same, but waits until the window's slot has come. */
int64_t scene_settle_behind_slot(void);

/* The minute as "2024-05-01T02:00:00Z"; in a static buffer that is used again by the 8th call. */
const char *scene_minute_text(int64_t minute);

/* A cron expression that matches this minute and no other of the year; buffer as above. */
const char *scene_minute_cron(int64_t minute);

void scene_sleep_ms(int ms);

/* Makes a file with this text, or gives the one that is there this text instead. */
void scene_write_file(const char *path, const char *text);

/*
 * Makes a named pipe that is full and that nobody reads; returns its path. There is one at a time;
 * the second function takes it away.
 */
const char *scene_open_full_pipe(void);
void scene_close_full_pipe(void);

/* All of a file, which must be shorter than size; to be freed. */
char *scene_read_file(const char *path, size_t size);

/* ---- Rows ---- */

/* The n-th integration's id; buffer as above. */
const char *scene_integration(int n);

/* Integrations first to last, with this schedule. */
void scene_seed(int first, int last, const char *cron);

/* The heartbeat of a trigger that ticked a moment ago. */
void scene_seed_tick(void);

/*
 * Its state row: this text ("* * * * * UTC"), in force from mark on, and accounted for up to it; and
 * the heartbeat of whoever saw it.
 */
void scene_seed_state(int n, const char *schedule, int64_t mark);

/* A run of the n-th integration, as 1 attempt at one slot; returns its id, to be freed. */
char *scene_seed_run(int n, const char *status, int64_t slot, int started_minutes_ago);

/* Runs with this status; NULL: all. */
long scene_count(const char *status);

/* "class/code" of the failed run of the n-th integration; fails the test when it is not one. */
char *scene_failure(int n);

/* Its mark in sync_schedule_state, a minute. */
int64_t scene_mark(int n);

/* Runs the query, a boolean, until it says true; fails the test after two minutes. */
void scene_wait_for(const char *sql);

/* A connection of a stranger, in a transaction that has run sql; PQfinish() ends it. */
PGconn *scene_stranger(const char *sql);

/* ---- The program ---- */

struct scene_tick {
    int status;
    char *out;
    char *err;
    int64_t wall_ms;
    json_t *summary; /* NULL when nothing was printed */
    long triggered;  /* -1 without a summary, and so on */
    long skipped;
    long failed;
    long run_ids;
};

/* Where the program is; in a static buffer. */
const char *scene_program(void);

/* `syncsched run OPTIONS...`, the options in one text, separated by blanks. */
struct scene_tick scene_run(const char *options);
struct program *scene_start(const char *options);
struct scene_tick scene_wait(struct program *program);

/* Checks the counts and the exit status, shows both outputs when they differ, and frees the tick. */
void scene_expect(struct scene_tick tick, long triggered, long skipped, long failed, int status);

/* The same without freeing. */
void scene_check(const struct scene_tick *tick, long triggered, long skipped, long failed,
                 int status);
void scene_tick_free(struct scene_tick *tick);

/* Takes the lines out of what was said that say why runs failed; returns it. */
char *scene_without_failures(char *err);

/* The children of a process: its workers. */
int scene_children(pid_t parent, pid_t children[SCENE_CHILDREN_MAX]);

/* False once the process has ended, reaped or not. */
bool scene_is_alive(pid_t pid);

#endif
