/*
 * Text: a growing string, and making hostile bytes safe to store and to show.
 */
#ifndef SYNCSCHED_BASE_TEXT_H
#define SYNCSCHED_BASE_TEXT_H

#include "base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing string; {0} is an empty one. data is NULL until something is added, and NUL-terminated
 * afterwards. text_free() releases it and leaves it empty. */
struct text {
    char *data;
    size_t length;
    size_t capacity;
};

void text_append(struct text *text, const char *bytes, size_t length);
void text_add(struct text *text, const char *string);
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_addv(struct text *text, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
void text_free(struct text *text);

/* Empties it and keeps its memory. */
void text_clear(struct text *text);

/* The string so far; "" when nothing was added. Valid until the next call on text. */
const char *text_string(const struct text *text);

/*
 * Appends bytes as valid UTF-8, safe in PostgreSQL, in JSON and on a terminal. Tabs and line ends
 * become a blank. Control characters (text_is_control()) and what is not UTF-8 become U+FFFD.
 * Stops after characters_max characters.
 */
void text_add_clean(struct text *text, const char *bytes, size_t length, size_t characters_max);

/*
 * Appends UTF-8 as ASCII, which every encoding of a database has: any other character becomes
 * \uXXXX or \UXXXXXXXX. Appends length_max bytes at most, and no part of a character.
 */
void text_add_ascii(struct text *text, const char *string, size_t length_max);

/*
 * Decodes one well-formed UTF-8 sequence (RFC 3629: shortest form, no surrogates, at most U+10FFFF)
 * at the start of length bytes. Returns the number of its bytes, 0 if there is none.
 */
size_t text_decode(const char *bytes, size_t length, uint32_t *character);

/*
 * True for a character that controls a terminal (C0, DEL, C1: U+009B begins a control sequence as
 * ESC [ does) or turns the direction of text. Source: Unicode Standard Annex #9, section 2.
 */
bool text_is_control(uint32_t character);

enum { TEXT_QUOTE_SIZE = 64 }; /* enough for a value in a message, with the NUL */

/*
 * Makes bytes fit for a message, between quotes: printable ASCII unchanged, anything else as \xNN.
 * Writes size bytes at most (the NUL included; at least 8), and ends what it cuts in "...".
 */
void text_quote(const char *bytes, size_t length, char *quoted, size_t size);

/* The same for a NUL-terminated string. */
void text_quote_string(const char *string, char quoted[TEXT_QUOTE_SIZE]);

/*
 * Refuses a setting's value that begins or ends with a quote or white space: "docker --env-file"
 * and the like pass quotes on. ERROR_CONFIG, which names the setting and never quotes the value.
 */
bool text_check_bare(const char *setting, const char *value, struct error *err);

/* Overwrites every occurrence of secret with asterisks. Does nothing for NULL and "". */
void text_redact(char *bytes, size_t length, const char *secret);

#endif
