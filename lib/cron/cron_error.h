/*
 * What is wrong with a cron expression, as a value. The words for it are cron_message.h's.
 */
#ifndef SYNCSCHED_CRON_CRON_ERROR_H
#define SYNCSCHED_CRON_CRON_ERROR_H

#include <stddef.h>

/* cron_message.c has the words for each. In brackets: the numbers that come with it. */
enum cron_error_code {
    /* The whole line */
    CRON_ERROR_TOO_LONG,
    CRON_ERROR_MACRO_CASE,
    CRON_ERROR_MACRO_REBOOT,
    CRON_ERROR_MACRO_UNKNOWN,
    /* Too few or too many fields, and what likely made them so [how many] */
    CRON_ERROR_FIELD_COUNT,
    CRON_ERROR_BLANK_IN_ITEM,
    CRON_ERROR_MACRO_BARE,
    CRON_ERROR_EVERY_SECONDS,
    CRON_ERROR_SETTING_BEFORE,
    CRON_ERROR_COMMAND_BEHIND,
    CRON_ERROR_YEAR,
    CRON_ERROR_SECONDS,
    CRON_ERROR_SECONDS_AND_YEAR,
    /* A byte without a meaning [0, the byte]; in the line [how many fields, the byte] */
    CRON_ERROR_BYTE,
    CRON_ERROR_TIME_OF_DAY, /* [minute, hour] */
    /* One value */
    CRON_ERROR_NO_NUMBER,
    CRON_ERROR_NOT_NUMBER,
    CRON_ERROR_NEITHER_NUMBER_NOR_NAME,
    CRON_ERROR_LONG_NAME,
    CRON_ERROR_WEEKDAY_ELSEWHERE,
    CRON_ERROR_MONTH_ELSEWHERE,
    CRON_ERROR_OUTSIDE,
    CRON_ERROR_TOO_LARGE, /* [the number, or INT_MAX] */
    /* One item of a list */
    CRON_ERROR_EMPTY_ITEM,
    CRON_ERROR_BACKWARDS, /* [first, last, step or 0], as for all errors of steps below */
    CRON_ERROR_STEP_MISSING,
    CRON_ERROR_STEP_ZERO,
    CRON_ERROR_STEP_NOT_NUMBER,
    CRON_ERROR_STEP_TOO_LARGE,
    /* A step after the field's first number, its last or one between */
    CRON_ERROR_STEP_AT_START,
    CRON_ERROR_STEP_AT_END,
    CRON_ERROR_STEP_BETWEEN,
    CRON_ERROR_CODE_COUNT
};

enum { CRON_LINE = -1 }; /* in place of a field */

struct cron_error {
    enum cron_error_code code;
    int field;       /* CRON_MINUTE to CRON_WEEKDAY, or CRON_LINE */
    size_t position; /* where in the expression the refused part lies, in bytes */
    size_t length;
    int numbers[3]; /* 0 where the code has none */
};

#endif
