#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list arguments;

    err->kind = kind;
    err->hint[0] = '\0';
    va_start(arguments, format);
    vsnprintf(err->message, sizeof err->message, format, arguments);
    va_end(arguments);
    return false;
}

bool error_hint(struct error *err, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(err->hint, sizeof err->hint, format, arguments);
    va_end(arguments);
    return false;
}

bool error_prefix(struct error *err, const char *format, ...)
{
    char message[ERROR_MESSAGE_SIZE];
    va_list arguments;
    size_t length;

    memcpy(message, err->message, sizeof message);
    va_start(arguments, format);
    vsnprintf(err->message, sizeof err->message, format, arguments);
    va_end(arguments);
    length = strlen(err->message);
    snprintf(err->message + length, sizeof err->message - length, ": %s", message);
    return false;
}

int error_exit_status(const struct error *err)
{
    switch (err->kind) {
    case ERROR_NONE:
        return 0;
    case ERROR_INVALID:
        return 1;
    case ERROR_USAGE:
    case ERROR_CONFIG:
        return 2;
    case ERROR_DATABASE:
        return 3;
    case ERROR_INTERNAL:
        break;
    }
    return 4;
}
