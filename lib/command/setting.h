/*
 * The table of commands, options and settings, which scripts/dev/settings makes of settings.txt,
 * and how the value of one is read.
 */
#ifndef SYNCSCHED_COMMAND_SETTING_H
#define SYNCSCHED_COMMAND_SETTING_H

#include "base/error.h"
#include "setting_names.h"

#include <stdbool.h>
#include <stdint.h>

enum setting_type {
    SETTING_TYPE_SWITCH,
    SETTING_TYPE_DURATION,
    SETTING_TYPE_NUMBER,
    SETTING_TYPE_MOMENT, /* a time or a day, moment.h; the number of a day is not read */
    SETTING_TYPE_SINCE,  /* the same, or a duration */
    SETTING_TYPE_WORD,   /* what people call something, names.h */
    SETTING_TYPE_NAME,   /* at most SETTING_NAME_MAX letters, digits and any of _.:- */
    SETTING_TYPE_TEXT,
    SETTING_TYPE_CHOICE,
};

enum { SETTING_NAME_MAX = 64 };

struct setting {
    const char *option;   /* the long option; NULL: none */
    const char *argument; /* what the help calls its value; NULL: a switch */
    const char *variable; /* its name in environment and file */
    enum setting_type type;
    enum {
        SETTING_ANYWHERE,
        SETTING_ENVIRONMENT,
        SETTING_ONCE
    } obeyed; /* once: as an option only */
    enum { SETTING_OPEN, SETTING_PRIVATE, SETTING_SECRET } secrecy;
    int64_t least; /* of a number; of a duration in milliseconds */
    int64_t most;
    const char *limits;         /* "1s to 1799s", or the choices, "text|json" */
    const char *fallback;       /* the default; NULL: none */
    const char *example;        /* NULL: none */
    const char *help[COMMANDS]; /* NULL: the command does not take it as an option */
    unsigned needed_by;         /* a bit for each command, 1 << enum command_name */
};

extern const struct setting settings[SETTINGS];

struct command_text {
    const char *name;
    const char *operands; /* what the help calls them; NULL: it takes none */
    const char *summary;
};

extern const struct command_text command_texts[COMMANDS];

struct setting_value {
    const char *text; /* as given, else the default; NULL: neither */
    int64_t number;   /* a number, milliseconds, or microseconds of a time; a switch is 1 or 0 */
    bool is_given;    /* not by default */
};

/* Reads value->text, not NULL, into value->number and checks it. The error names no setting. */
bool setting_read(const struct setting *setting, struct setting_value *value, struct error *err);

/* The setting of this variable; SETTINGS: none. */
enum setting_name setting_find(const char *variable);

/* The setting whose variable is this one or most like it; SETTINGS: none is alike. */
enum setting_name setting_find_nearest(const char *variable);

#endif
