#include "base/quote.h"

#include <stdio.h>
#include <string.h>

static const char quote_cut[] = "...";

void quote_bytes(const char *bytes, size_t length, char *quoted, size_t size)
{
    size_t used = 0;
    size_t fits = 0; /* how much stays if the rest must be cut off */

    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        size_t wide = byte >= 0x20 && byte < 0x7F ? 1 : 4;

        if (used + wide + 1 > size) {
            memcpy(quoted + fits, quote_cut, sizeof quote_cut);
            return;
        }
        if (wide == 1)
            quoted[used] = (char)byte;
        else
            snprintf(quoted + used, size - used, "\\x%02x", (unsigned int)byte);
        used += wide;
        if (used + sizeof quote_cut <= size)
            fits = used;
    }
    quoted[used] = '\0';
}

void quote_string(const char *string, char quoted[QUOTE_SIZE])
{
    quote_bytes(string, strlen(string), quoted, QUOTE_SIZE);
}
