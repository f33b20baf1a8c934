/*
 * Errors are values: what failed, in words for a person, and what to do about it.
 *
 * A function that can fail returns bool and takes a struct error, which it fills once, where the
 * failure happened. Callers may put one prefix before the message; nobody prints it on the way. The
 * same text serves stderr, a row of the log and a person, so it never holds a secret.
 *
 * Not for warnings (log.h) and not for the outcome of a call (run.h), which is data, not an error.
 */
#ifndef SYNCSCHED_BASE_ERROR_H
#define SYNCSCHED_BASE_ERROR_H

#include <stdbool.h>

/* What kind of thing failed; each kind has its exit status (design section 7). */
enum error_kind {
    ERROR_NONE = 0,
    ERROR_INVALID,  /* 1: what was to be checked is not valid */
    ERROR_USAGE,    /* 2: the command line is wrong */
    ERROR_CONFIG,   /* 2: the configuration is wrong or incomplete */
    ERROR_DATABASE, /* 3: the database is unavailable or refused */
    ERROR_INTERNAL, /* 4: this machine or this program failed */
};

enum { ERROR_MESSAGE_SIZE = 640, ERROR_HINT_SIZE = 320 };

struct error {
    enum error_kind kind;
    char message[ERROR_MESSAGE_SIZE]; /* lower case, no full stop, what failed first */
    char hint[ERROR_HINT_SIZE];       /* what to do; may be empty */
};

/* Fills err, dropping what it held. Returns false, so that `return error_set(...)` reads well. */
bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds the hint to an error just set. Returns false. */
bool error_hint(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " before the message. Returns false. */
bool error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The exit status that design section 7 gives to the error's kind. */
int error_exit_status(const struct error *err);

#endif
