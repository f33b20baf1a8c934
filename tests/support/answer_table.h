/*
 * The table of answers, tests/data/answers.txt, whose head explains how to read it.
 */
#ifndef TESTS_SUPPORT_ANSWER_TABLE_H
#define TESTS_SUPPORT_ANSWER_TABLE_H

#include "base/text.h"

#include <stdbool.h>

/* What sends the call again. */
enum answer_again {
    ANSWER_NEVER,
    ANSWER_TICK,
    ANSWER_MAX_ATTEMPTS,
    ANSWER_WHILE_HELD,
    ANSWER_RETRY_UNKNOWN,
    ANSWER_KINDS,
};

/* A row. The texts point into the table. */
struct answer_row {
    int line;
    long status;
    const char *headers; /* "name: value; name: value", perhaps "" */
    const char *body;    /* with its escapes */
    const char *log;
    enum answer_again again;
};

/* The rows, how many there are in *count; read once. The tests run in the root of the tree. */
const struct answer_row *answer_table_read(int *count);

/* Takes the next header off *headers and writes "name: value" into line; false after the last. */
bool answer_table_next_header(const char **headers, char *line, size_t size);

/* Appends a body without its escapes. */
void answer_table_add_body(struct text *text, const char *body);

#endif
