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
    struct error old = *err;
    va_list arguments;
    size_t length;

    va_start(arguments, format);
    vsnprintf(err->message, sizeof err->message, format, arguments);
    va_end(arguments);
    length = strlen(err->message);
    snprintf(err->message + length, sizeof err->message - length, ": %s", old.message);
    return false;
}

int error_exit_status(const struct error *err)
{
    static const int statuses[] = {
        [ERROR_NONE] = 0,   [ERROR_INVALID] = 1,  [ERROR_USAGE] = 2,
        [ERROR_CONFIG] = 2, [ERROR_DATABASE] = 3, [ERROR_INTERNAL] = 4,
    };

    return statuses[err->kind];
}
