/*
 * Answers that are not just a status, headers and a body, which tests/data/answers.txt has: bytes
 * that must not reach the log as they are, HTTP that is wrong about itself, connections that break
 * off. And what the log then says. test_tick_answers.c lets the real program get all of them.
 */
#ifndef SYNCSCHED_INTEGRATION_ANSWERS_H
#define SYNCSCHED_INTEGRATION_ANSWERS_H

#include <stddef.h>

struct answer {
    const char *script;  /* a rule of function_server without its first word */
    const char *stored;  /* status, error_class, error_code, records_exported, as far as set */
    const char *message; /* what error_message begins with; NULL: it is null */
    const char *insert;  /* what stands for the @ in the script; NULL: the redirect target's URL */
    size_t times;        /* so often */
};

extern const struct answer answers[];
extern const size_t answers_count;

#endif
