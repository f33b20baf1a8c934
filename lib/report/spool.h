/*
 * Lines in order of a number, however many. What is too much for memory waits in temporary files,
 * in parts that are in order each; where no file can be made or filled, in memory after all: a
 * container may have no file system to write to.
 */
#ifndef SYNCSCHED_REPORT_SPOOL_H
#define SYNCSCHED_REPORT_SPOOL_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* {0}: an empty one; spool_free() releases it. */
struct spool {
    struct text text;         /* what is in memory, */
    struct spool_line *lines; /* and where each line of it begins */
    size_t count;
    size_t capacity;
    struct spool_part *parts; /* in files, in the order in which they came */
    size_t part_count;
    size_t part_capacity;
    bool is_kept; /* in memory, all that follows */
};

/* Takes a line, of any bytes. */
void spool_add(struct spool *spool, int64_t number, const char *line, size_t length);

/*
 * Writes all of them, of one number as they came: before the first one the text before, between two
 * the text between. Does so once. See ferror(out); false: a temporary file could not be read.
 */
bool spool_print(struct spool *spool, const char *before, const char *between, FILE *out);

bool spool_is_empty(const struct spool *spool);

void spool_free(struct spool *spool);

#endif
