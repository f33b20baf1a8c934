/*
 * Errors are values: what failed, in words for a person, and what to do about it.
 *
 * A function that can fail returns bool and takes a struct error, which it fills once, where the
 * failure happened. Callers may put one prefix before the message, and do not print it. The same
 * text goes to stderr, to a row of the log and to a person, so it never holds a secret.
 *
 * Not for warnings (log.h), nor for the outcome of a call (plan/outcome.h), which is data.
 */
#ifndef SYNCSCHED_BASE_ERROR_H
#define SYNCSCHED_BASE_ERROR_H

#include <stdbool.h>

/* What failed. Each kind has its exit status (design section 7). */
enum error_kind {
    ERROR_NONE = 0,
    ERROR_INVALID,  /* 1: what the user wanted checked is not valid */
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

/* Fills err, replacing what it held. Returns false, for `return error_set(...)`. */
bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds the hint to an error that was just set. Returns false. */
bool error_hint(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " before the message. Returns false. */
bool error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The exit status that design section 7 gives to the error's kind. */
int error_exit_status(const struct error *err);

#endif
