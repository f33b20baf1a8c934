/*
 * Writing to a descriptor whose reader may hang, such as a pipe: it takes no longer than it may.
 *
 * The descriptor is shared with strangers, so that O_NONBLOCK is not for us to set.
 */
#ifndef SYNCSCHED_BASE_OUTPUT_H
#define SYNCSCHED_BASE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes all of it, waiting for up to limit_ms whenever nothing more is taken. False with errno if
 * it does not get all out: EAGAIN when the reader hangs.
 */
bool output_write(int fd, const char *bytes, size_t length, int limit_ms);

#endif
