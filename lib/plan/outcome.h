/*
 * What is known of a call: delivered or not, succeeded or not, or unknown (design section 6).
 */
#ifndef SYNCSCHED_PLAN_OUTCOME_H
#define SYNCSCHED_PLAN_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

enum {
    OUTCOME_CODE_SIZE = 65,            /* with the NUL */
    OUTCOME_REQUEST_ID_SIZE = 201,     /* the same */
    OUTCOME_MESSAGE_CHARACTERS = 2000, /* at most so many characters of a message are stored */
};

/* What may be done next after a failure (design section 6); none for a success. */
enum outcome_class {
    OUTCOME_NONE = 0,
    OUTCOME_NOT_DELIVERED, /* the function surely did not run */
    OUTCOME_REJECTED,      /* it answered with an error */
    OUTCOME_UNKNOWN,       /* it may have run */
};

/* What is known of a call. */
struct outcome {
    enum outcome_class error_class;     /* OUTCOME_NONE: completed, or accepted */
    char error_code[OUTCOME_CODE_SIZE]; /* a plain token, "" when completed */
    char *message;                      /* owned; clean UTF-8, NULL without */
    int64_t records_exported;           /* -1: not known */
    bool is_accepted;                   /* the function works on, and reports the end itself */
    int http_status;                    /* of the answer; 0: none came, or none that is valid */
    char request_id[OUTCOME_REQUEST_ID_SIZE]; /* by which the platform's own log knows the call */
    const char *warning;                      /* static text for stderr, or NULL */
    bool may_retry;                           /* not delivered, and a moment later it may be */
    int64_t retry_after_ms;                   /* such a call is not to be made sooner */
    bool is_throttled;                        /* nor is any other of its type */
};

/* The class as the log spells it; NULL for OUTCOME_NONE. */
const char *outcome_class_name(enum outcome_class error_class);

/* The inverse; OUTCOME_NONE for NULL and any other text. */
enum outcome_class outcome_class_parse(const char *name);

/* A failure in words of our own; replaces what outcome held. message may be NULL. */
void outcome_fail(struct outcome *outcome, enum outcome_class error_class, const char *code,
                  const char *message);

/* Releases the message and leaves an empty outcome. */
void outcome_free(struct outcome *outcome);

#endif
