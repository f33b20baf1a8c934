/*
 * Makes hostile bytes fit for a message, between quotes.
 */
#ifndef SYNCSCHED_BASE_QUOTE_H
#define SYNCSCHED_BASE_QUOTE_H

#include <stddef.h>

enum { QUOTE_SIZE = 64 }; /* enough for a value in a message, with the NUL */

/*
 * Writes bytes to quoted (size bytes, the NUL included; at least 8): printable ASCII unchanged,
 * anything else as \xNN. What does not fit is cut off and ends in "...".
 */
void quote_bytes(const char *bytes, size_t length, char *quoted, size_t size);

/* The same for a NUL-terminated string. */
void quote_string(const char *string, char quoted[QUOTE_SIZE]);

#endif
