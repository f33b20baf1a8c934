/*
 * Makes JSON strings of bytes, and a line of text of a JSON value. jansson does the rest.
 */
#ifndef SYNCSCHED_BASE_JSON_H
#define SYNCSCHED_BASE_JSON_H

#include "base/text.h"

#include <jansson.h>

/*
 * Makes jansson end the process when memory runs out, as memory.h does. Then its constructors never
 * fail on valid values. Call it once, before any of them.
 */
void json_set_memory(void);

/*
 * Any bytes as a JSON string. Valid UTF-8 stays unchanged, since JSON escapes control characters.
 * "\xNN" replaces each byte of what is not UTF-8, and of control characters that JSON does not
 * escape (text_is_control()).
 */
json_t *json_from_bytes(const char *bytes, size_t length);

/* The same for a NUL-terminated string; JSON's null for NULL. */
json_t *json_from_text(const char *text);

/* Appends a value as one compact line, without the line end, and releases the value. */
void json_add_line(struct text *out, json_t *value);

#endif
