#include "base/text.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for length more bytes and the NUL. */
static void text_reserve(struct text *text, size_t length)
{
    while (text->length + length + 1 > text->capacity)
        text->data = memory_grow(text->data, text->capacity, &text->capacity, 1);
}

void text_append(struct text *text, const char *bytes, size_t length)
{
    text_reserve(text, length);
    if (length > 0) /* bytes may be NULL then */
        memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void text_add(struct text *text, const char *string)
{
    text_append(text, string, strlen(string));
}

void text_addf(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_addv(text, format, arguments);
    va_end(arguments);
}

void text_addv(struct text *text, const char *format, va_list arguments)
{
    va_list again;
    int length;

    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, arguments);
    if (length > 0) {
        text_reserve(text, (size_t)length);
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}

void text_clear(struct text *text)
{
    text->length = 0;
    if (text->data != NULL)
        text->data[0] = '\0';
}

const char *text_string(const struct text *text)
{
    return text->data != NULL ? text->data : "";
}

size_t text_decode(const char *string, size_t length, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)string;
    size_t size = bytes[0] < 0x80 ? 1 : bytes[0] >> 5 == 6 ? 2 : bytes[0] >> 4 == 14 ? 3 : 4;
    uint32_t c = size == 1 ? bytes[0] : bytes[0] & (0xFFU >> (size + 1));

    if ((size == 4 && bytes[0] >> 3 != 30) || size > length)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if (bytes[i] >> 6 != 2)
            return 0;
        c = c << 6 | (bytes[i] & 0x3FU);
    }
    if (c < least[size] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return 0;
    *character = c;
    return size;
}

bool text_is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

void text_add_clean(struct text *text, const char *bytes, size_t length, size_t characters_max)
{
    for (size_t i = 0, n = 0; i < length && n < characters_max; n++) {
        uint32_t character = 0;
        size_t size = text_decode(bytes + i, length - i, &character);

        /* U+2028 and U+2029 end a line and a paragraph. */
        if (size > 0 && (character == '\t' || character == '\n' || character == '\r' ||
                         character == 0x2028 || character == 0x2029))
            text_add(text, " ");
        else if (size == 0 || text_is_control(character))
            text_add(text, "\xEF\xBF\xBD");
        else
            text_append(text, bytes + i, size);
        i += size > 0 ? size : 1;
    }
}

void text_add_ascii(struct text *text, const char *string, size_t length_max)
{
    size_t length = strlen(string);
    size_t end = text->length + length_max;

    for (size_t i = 0, size; i < length; i += size) {
        uint32_t character = (unsigned char)string[i];
        char escaped[16] = {string[i]};

        size = text_decode(string + i, length - i, &character);
        size = size > 0 ? size : 1;
        if (character > 0x7F)
            snprintf(escaped, sizeof escaped, character > 0xFFFF ? "\\U%08X" : "\\u%04X",
                     (unsigned)character);
        if (text->length + strlen(escaped) > end)
            return;
        text_add(text, escaped);
    }
}

void text_quote(const char *bytes, size_t length, char *quoted, size_t size)
{
    static const char cut[] = "...";
    size_t used = 0;
    size_t fits = 0; /* how much stays if the rest must be cut off */

    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        size_t wide = byte >= 0x20 && byte < 0x7F ? 1 : 4;

        if (used + wide + 1 > size) {
            memcpy(quoted + fits, cut, sizeof cut);
            return;
        }
        if (wide == 1)
            quoted[used] = (char)byte;
        else
            snprintf(quoted + used, size - used, "\\x%02x", (unsigned int)byte);
        used += wide;
        if (used + sizeof cut <= size)
            fits = used;
    }
    quoted[used] = '\0';
}

void text_quote_string(const char *string, char quoted[TEXT_QUOTE_SIZE])
{
    text_quote(string, strlen(string), quoted, TEXT_QUOTE_SIZE);
}

void text_redact(char *bytes, size_t length, const char *secret)
{
    size_t size = secret != NULL ? strlen(secret) : 0;

    for (size_t i = 0; size > 0 && i + size <= length; i++)
        if (memcmp(bytes + i, secret, size) == 0)
            memset(bytes + i, '*', size);
}

bool text_check_bare(const char *setting, const char *value, struct error *err)
{
    static const char quotes[] = "\"'`";
    static const char blanks[] = " \t\r\n\v\f";
    char first = *value;
    char last = first != '\0' ? value[strlen(value) - 1] : '\0';
    bool has_quotes =
        first != '\0' && (strchr(quotes, first) != NULL || strchr(quotes, last) != NULL);
    bool has_blanks =
        first != '\0' && (strchr(blanks, first) != NULL || strchr(blanks, last) != NULL);

    if (!has_quotes && !has_blanks)
        return true;
    error_set(err, ERROR_CONFIG, "%s has %s around its value", setting,
              has_quotes ? "quotes" : "white space");
    return error_hint(err, has_quotes
                               ? "remove the quotes: \"docker --env-file\" passes them on, and "
                                 "so do others"
                               : "remove the white space and line ends");
}
