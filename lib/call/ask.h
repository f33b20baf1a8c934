/*
 * What the function says when it is asked by GET what became of an idempotency key. Pure:
 * http_client_ask_function() asks.
 *
 * Only HTTP status 200 with a JSON object whose state is one of the words is an answer. Anything
 * else, a function without GET included, says nothing of the key.
 */
#ifndef SYNCSCHED_CALL_ASK_H
#define SYNCSCHED_CALL_ASK_H

#include "call/response.h"

#include <stdint.h>

enum ask_state {
    ASK_UNANSWERED,
    ASK_COMPLETED, /* exported under this key */
    ASK_ABSENT,    /* nothing was, and nothing will be unless somebody calls again */
    ASK_HELD,      /* neither is certain yet */
};

enum { ASK_WHY_SIZE = 512 };

struct ask_answer {
    enum ask_state state;
    int64_t records_exported; /* of ASK_COMPLETED; -1: not known */
    char why[ASK_WHY_SIZE];   /* of ASK_UNANSWERED: in words, clean and without the key; "": nobody
                                 has asked */
};

void ask_read(const struct response *response, struct ask_answer *answer);

#endif
