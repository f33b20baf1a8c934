#include "base/log.h"

#include "base/json.h"
#include "base/output.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOG_LINE_MAX = 4000, LOG_TIME_SIZE = 64, LOG_WAIT_MS = 1000 };

/* The priorities of syslog. */
enum log_level { LOG_ERROR = 3, LOG_WARNING = 4 };

static const char *const log_levels[] = {[LOG_ERROR] = "error", [LOG_WARNING] = "warning"};

/* "\r" and "erase to the end of the line" of ECMA-48: what removes a live line. */
static const char log_erase[] = "\r\033[K";

/* NULL: messages are text. */
static log_stamp *log_json_stamp;

void log_use_json(log_stamp *stamp)
{
    log_json_stamp = stamp;
}

bool log_has_live_line(void)
{
    return log_json_stamp == NULL && isatty(STDERR_FILENO) == 1;
}

/*
 * The journal says which stream it gave a service. Checks that stderr is that stream, because the
 * variable reaches every descendant, wherever its stderr goes.
 */
static bool log_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat status;
    uintmax_t device;
    uintmax_t inode;
    char rest;

    return stream != NULL && sscanf(stream, "%ju:%ju%c", &device, &inode, &rest) == 2 &&
           fstat(STDERR_FILENO, &status) == 0 && device == (uintmax_t)status.st_dev &&
           inode == (uintmax_t)status.st_ino;
}

/* What nobody reads is lost. A reader that hangs is waited for once. */
static void log_write(const struct text *text)
{
    static bool is_stuck;

    if (!output_write(STDERR_FILENO, text->data, text->length, is_stuck ? 0 : LOG_WAIT_MS))
        is_stuck = errno == EAGAIN;
}

static void log_add_text(struct text *line, enum log_level level, const char *message,
                         const char *hint)
{
    struct text raw = {0};

    text_addf(&raw, "syncsched: %s: %s", log_levels[level], message);
    if (hint[0] != '\0')
        text_addf(&raw, " (%s)", hint);
    if (log_has_live_line())
        text_add(line, log_erase);
    if (log_is_journal())
        text_addf(line, "<%d>", (int)level);
    text_add_clean(line, raw.data, raw.length, LOG_LINE_MAX);
    text_free(&raw);
}

/* Takes members over; NULL: none. */
static void log_line(enum log_level level, const char *message, const char *hint, json_t *members)
{
    struct text line = {0};

    if (log_json_stamp == NULL) {
        log_add_text(&line, level, message, hint);
    } else {
        char time[LOG_TIME_SIZE] = "";
        json_t *value;

        log_json_stamp(time, sizeof time);
        value = json_pack("{s:s, s:s, s:o, s:o*}", "time", time, "level", log_levels[level],
                          "message", json_from_text(message), "hint",
                          hint[0] != '\0' ? json_from_text(hint) : NULL);
        json_object_update_missing(value, members);
        json_add_line(&line, value);
    }
    json_decref(members);
    text_add(&line, "\n");
    log_write(&line);
    text_free(&line);
}

void log_warning(const char *format, ...)
{
    char message[LOG_LINE_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    log_line(LOG_WARNING, message, "", NULL);
}

void log_failure(const struct error *err)
{
    log_line(LOG_ERROR, err->message, err->hint, NULL);
}

void log_failure_as_warning(const struct error *err)
{
    log_line(LOG_WARNING, err->message, err->hint, NULL);
}

void log_warning_about(json_t *members, const char *message, const char *hint)
{
    log_line(LOG_WARNING, message, hint, members);
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
