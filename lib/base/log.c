#include "base/log.h"

#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { LOG_LINE_MAX = 4000 };

/* "\r" and "erase to the end of the line" of ECMA-48: what removes a live line. */
static const char log_erase[] = "\r\033[K";

bool log_has_live_line(void)
{
    static int answer = -1;

    if (answer < 0)
        answer = isatty(STDERR_FILENO);
    return answer == 1;
}

static void log_write(const struct text *text)
{
    size_t done = 0;

    while (done < text->length) {
        ssize_t n = write(STDERR_FILENO, text->data + done, text->length - done);

        if (n < 0 && errno != EINTR)
            return; /* nobody left to tell */
        done += n > 0 ? (size_t)n : 0;
    }
}

static void log_line(const char *level, const char *message, const char *hint)
{
    struct text raw = {0};
    struct text line = {0};

    text_addf(&raw, "syncsched: %s: %s", level, message);
    if (hint[0] != '\0')
        text_addf(&raw, " (%s)", hint);
    if (log_has_live_line())
        text_add(&line, log_erase);
    text_add_clean(&line, raw.data, raw.length, LOG_LINE_MAX);
    text_add(&line, "\n");
    log_write(&line);
    text_free(&line);
    text_free(&raw);
}

void log_warning(const char *format, ...)
{
    char message[LOG_LINE_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    log_line("warning", message, "");
}

void log_failure(const struct error *err)
{
    log_line("error", err->message, err->hint);
}

void log_failure_as_warning(const struct error *err)
{
    log_line("warning", err->message, err->hint);
}

void log_live_line(const char *line)
{
    struct text text = {0};

    if (!log_has_live_line())
        return;
    text_add(&text, log_erase);
    text_add(&text, line);
    log_write(&text);
    text_free(&text);
}
