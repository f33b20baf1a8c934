#include "base/json.h"

#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *json_allocate(size_t size)
{
    return memory_allocate(size, 1);
}

void json_set_memory(void)
{
    json_set_alloc_funcs(json_allocate, free);
}

json_t *json_from_bytes(const char *bytes, size_t length)
{
    struct text clean = {0};
    json_t *string;

    for (size_t i = 0; i < length;) {
        uint32_t character = 0;
        size_t size = text_decode(bytes + i, length - i, &character);
        size_t end = i + (size > 0 ? size : 1);

        if (size > 0 && (character < 0x20 || !text_is_control(character)))
            text_append(&clean, bytes + i, size);
        else
            for (size_t n = i; n < end; n++)
                text_addf(&clean, "\\x%02x", (unsigned char)bytes[n]);
        i = end;
    }
    string = json_stringn(text_string(&clean), clean.length);
    text_free(&clean);
    return string;
}

json_t *json_from_text(const char *text)
{
    return text != NULL ? json_from_bytes(text, strlen(text)) : json_null();
}

void json_add_line(struct text *out, json_t *value)
{
    char *line = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

    text_add(out, line);
    free(line);
    json_decref(value);
}
