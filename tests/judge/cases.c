#include "judge/cases.h"

#include <stdio.h>
#include <string.h>

/* Years past where one will do: what is law today for years to come may be changed. */
const struct cases_zone cases_zones[] = {
    {"Europe/Oslo", NULL, 2024, true},
    {"America/New_York", NULL, 2023, true},
    {"America/Los_Angeles", NULL, 2006, true}, /* other dates from 2007 on */
    {"Australia/Lord_Howe", NULL, 2024, true}, /* half an hour */
    {"Antarctica/Troll", NULL, 2024, true},    /* two hours */
    {"Pacific/Apia", NULL, 2011, true},        /* 30 December 2011 left out */
    {"Pacific/Kwajalein", NULL, 1993, true},   /* 21 August 1993 left out */
    {"Pacific/Kiritimati", NULL, 1994, true},  /* 1 January 1995 left out */
    {"Pacific/Kiritimati", NULL, 1979, true},  /* 40 minutes forward */
    {"Antarctica/Casey", NULL, 2020, true},    /* three hours: held back, not made up for */
    {"Antarctica/Casey", NULL, 2009, true},
    {"Antarctica/Vostok", NULL, 1994, true},    /* seven hours */
    {"Asia/Ust-Nera", NULL, 1981, true},        /* three hours forward, then summer time */
    {"America/Danmarkshavn", NULL, 1995, true}, /* three hours forward at New Year */
    {"America/Montevideo", NULL, 1974, true},   /* an hour and a half */
    {"America/Guyana", NULL, 1975, true},       /* 45 minutes */
    {"Europe/Dublin", NULL, 2019, true},        /* winter is the exception */
    {"Africa/Casablanca", NULL, 2023, true},    /* pauses for Ramadan */
    {"Africa/El_Aaiun", NULL, 2012, true},      /* summer time with a pause */
    {"Africa/Cairo", NULL, 2010, true},         /* four changes in a year, at midnight */
    {"Africa/Cairo", NULL, 2023, true},
    {"Africa/Monrovia", NULL, 1971, true},      /* an offset with seconds */
    {"America/Sao_Paulo", NULL, 2017, true},    /* changes at midnight */
    {"America/Santiago", NULL, 2022, true},     /* changes at midnight, one postponed */
    {"America/Havana", NULL, 2023, true},       /* forward at midnight, back at 1:00 */
    {"America/Asuncion", NULL, 2023, true},     /* summer time for ever since 2024 */
    {"America/St_Johns", NULL, 2010, true},     /* at one minute past midnight, until 2011 */
    {"America/Caracas", NULL, 2016, true},      /* half an hour for ever, at 2:30 */
    {"America/Scoresbysund", NULL, 2023, true}, /* another offset, and then summer time on it */
    {"Asia/Pyongyang", NULL, 2014, true},       /* half an hour back for ever */
    {"Asia/Pyongyang", NULL, 2018, true},       /* and forward again */
    {"Asia/Kathmandu", NULL, 1985, true},       /* a quarter of an hour */
    {"Asia/Tehran", NULL, 2021, true},          /* its last changes, at midnight */
    {"Asia/Gaza", NULL, 2022, true},            /* dates from a list */
    {"Asia/Amman", NULL, 2021, true},           /* at midnight, then summer time for ever */
    {"Asia/Kolkata", NULL, 2024, false},
    {"Atlantic/Azores", NULL, 2024, true},  /* across midnight */
    {"Pacific/Chatham", NULL, 2024, true},  /* quarter hours, changes at 2:45 and 3:45 */
    {"Europe/London", NULL, 1971, true},    /* the end of British Standard Time */
    {"Europe/Volgograd", NULL, 2018, true}, /* moves twice, without summer time */
    {"Europe/Oslo", NULL, 2038, true},      /* beyond the table: by the footer's rule */
    {"Europe/Dublin", NULL, 2050, true},
    {"Australia/Lord_Howe", NULL, 2099, true}, /* 2100 is no leap year */
    {"America/Santiago", NULL, 2063, true},
    {"Judge/Forward_5", NULL, 2024, true}, /* bounds.zi */
    {"Judge/Forward_179", NULL, 2024, true},
    {"Judge/Forward_180", NULL, 2024, true},
    {"Judge/Back_1", NULL, 2024, true},
    {"Judge/Back_180", NULL, 2024, true},
    {"Judge/Back_181", NULL, 2024, true},
    {"Judge/Seconds", NULL, 2024, true},
    {"UTC", "UTC0", 2024, false},
    {"+02:00", "<+02>-2", 2024, false},
    {"-0330", "<-0330>3:30", 1999, false},
    {"+05:45", "<+0545>-5:45", 2099, false},
    {"+14:00", "<+14>-14", 2024, false},
    {"-12", "<-12>12", 2024, false},
};

const size_t cases_zones_count = sizeof cases_zones / sizeof cases_zones[0];

/* One crontab of the judge: at most JUDGE_LINES. */
const char *const cases_expressions[] = {
    /* wildcard schedules */
    "* * * * *",
    "*/5 * * * *",
    "*/15 * * * *",
    "*/20 0-4 * * *",
    "*/7 */3 * * *",
    "0 * * * *",
    "1 * * * *",
    "30 * * * *",
    "29,59 * * * *",
    "15-45/10 * * * *",
    "* 2 * * *",
    "* 1-3 * * 0",
    "* 0 * * 0",
    "*,5 3 * * *",
    "0 */2 * * *",
    "17 */5 * * *",
    "45 *,4 * * *",
    "30 * * 3,10,11 sun",
    "@hourly",
    /* fixed-time schedules of the night */
    "0 0 * * *",
    "1 0 * * *",
    "13 0 * * *",
    "30 0 * * *",
    "59 0 * * *",
    "0 1 * * *",
    "7 1 * * *",
    "30 1 * * *",
    "45 1 * * *",
    "59 1 * * *",
    "0 2 * * *",
    "1 2 * * *",
    "30 2 * * *",
    "42 2 * * *",
    "59 2 * * *",
    "0 3 * * *",
    "5 3 * * *",
    "30 3 * * *",
    "59 3 * * *",
    "0 4 * * *",
    "0,30 2 * * *",
    "10,20,40,50 1,2 * * *",
    "0-59 2 * * *",
    "0-59/7 1-3 * * *",
    "0-59 0-4,22-23 * * *",
    "15 0-23/2 * * *",
    "5,50 23,0,1 * * *",
    "59 23 * * *",
    "00 22-23 * * *",
    /* days */
    "59 23 31 12 *",
    "0 0 1 1 *",
    "30 2 * * 0",
    "30 2 * * 7",
    "0 12 29 2 *",
    "30 1 29 2 mon",
    "0 0 30 2 *",
    "30 2 */2 * 0",
    "15 3 1-7 * sun",
    "15 3 1-7 * */7",
    "30 2 25-31 Mar,OCT *",
    "0 0 13 * fri",
    "20 4 5,* * 1-5",
    "0 6 1-31/10 jan-jun/2 tue-THU",
    "@weekly",
    "@monthly",
};

const size_t cases_expressions_count = sizeof cases_expressions / sizeof cases_expressions[0];

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                          "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

/* A field of the grammar: what it takes, and which of that it likes. */
struct cases_field {
    int low;
    int high;
    int liked;                /* half of the values are at most this */
    int starred;              /* of 10, so many start with '*' */
    const char *const *names; /* of low, low + 1, ...; NULL: none */
    int named;                /* so many */
};

static const struct cases_field cases_fields[] = {
    {0, 59, 59, 1, NULL, 0},         {0, 23, 4, 2, NULL, 0},         {1, 31, 31, 6, NULL, 0},
    {1, 12, 12, 7, month_names, 12}, {0, 7, 7, 6, weekday_names, 7},
};

/* A number from 0 to below - 1: xorshift64. */
static int cases_pick(uint64_t *seed, int below)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (int)((*seed >> 32) % (uint64_t)below);
}

static int cases_pick_value(uint64_t *seed, const struct cases_field *field, int low)
{
    int high = field->liked >= low && cases_pick(seed, 2) == 0 ? field->liked : field->high;

    return low + cases_pick(seed, high - low + 1);
}

/* Writes a value, as a name now and then. Returns its length. */
static int cases_write_value(uint64_t *seed, const struct cases_field *field, int value, char *out,
                             size_t size)
{
    if (value - field->low < field->named && cases_pick(seed, 3) == 0)
        return snprintf(out, size, "%s", field->names[value - field->low]);
    return snprintf(out, size, cases_pick(seed, 9) == 0 ? "%02d" : "%d", value);
}

/* Writes one item of a list. Returns its length. */
static int cases_write_item(uint64_t *seed, const struct cases_field *field, bool starred,
                            char *out, size_t size)
{
    int first = cases_pick_value(seed, field, field->low);
    int length;

    if (starred) {
        length = snprintf(out, size, "*");
    } else {
        length = cases_write_value(seed, field, first, out, size);
        if (cases_pick(seed, 3) != 0)
            return length;
        length += snprintf(out + length, size - (size_t)length, "-");
        length += cases_write_value(seed, field, cases_pick_value(seed, field, first), out + length,
                                    size - (size_t)length);
    }
    if (cases_pick(seed, 3) == 0)
        length +=
            snprintf(out + length, size - (size_t)length, "/%d", 1 + cases_pick(seed, field->high));
    return length;
}

void cases_draw(uint64_t *seed, char expression[CASES_EXPRESSION_SIZE])
{
    int length = 0;

    for (size_t i = 0; i < sizeof cases_fields / sizeof cases_fields[0]; i++) {
        const struct cases_field *field = &cases_fields[i];
        bool starred = cases_pick(seed, 10) < field->starred;
        int items = 1 + cases_pick(seed, 4) / 2 + cases_pick(seed, 4) / 3;

        do {
            length += cases_write_item(seed, field, starred, expression + length,
                                       CASES_EXPRESSION_SIZE - (size_t)length);
            expression[length++] = items > 1 ? ',' : ' ';
            starred = cases_pick(seed, 20) == 0;
        } while (--items > 0);
    }
    expression[length - 1] = '\0';
}
