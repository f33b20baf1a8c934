/* The SHA-256 of bytes that come piece by piece. */
#ifndef SYNCSCHED_BASE_DIGEST_H
#define SYNCSCHED_BASE_DIGEST_H

#include <stddef.h>

enum { DIGEST_TEXT_SIZE = 2 * 32 + 1 };

/* Never NULL; digest_close() releases it. */
struct digest *digest_open(void);
void digest_add(struct digest *digest, const char *bytes, size_t length);

/* Writes it in hexadecimal. Nothing may be added afterwards. */
void digest_format(struct digest *digest, char text[DIGEST_TEXT_SIZE]);
void digest_close(struct digest *digest);

#endif
