/*
 * From bytes to a JSON string and from a JSON value to a line of text, the same way everywhere; the
 * rest is jansson's.
 */
#ifndef SYNCSCHED_BASE_JSON_H
#define SYNCSCHED_BASE_JSON_H

#include "base/text.h"

#include <jansson.h>

/*
 * Makes jansson end the process when memory runs out, as memory.h does: its constructors then never
 * fail on valid values. Call it once, before any of them.
 */
void json_set_memory(void);

/*
 * Any bytes as a JSON string. Valid UTF-8 is kept, since JSON escapes control characters. Of
 * those that JSON leaves alone (text_is_control()), and of what is no UTF-8, each byte becomes
 * "\xNN".
 */
json_t *json_from_bytes(const char *bytes, size_t length);

/* The same for a NUL-terminated string; JSON's null for NULL. */
json_t *json_from_text(const char *text);

/* Appends a value as one compact line, without the line end, and releases the value. */
void json_add_line(struct text *out, json_t *value);

#endif
