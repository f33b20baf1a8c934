#include "cron_family.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static const char *const minutes[] = {
    "*",    "0",         "30",      "59",        "*/2",       "*/5",       "*/7",
    "*/30", "1-59/2",    "0,30",    "5,35",      "15,45",     "0-10",      "50-59",
    "0-1",  "0-6,30-36", "1,2,4,8", "2-58/7,59", "10-50/10",  "5-59/10",   "*/59",
    "1-59", "0-58",      "0,59",    "*/15",      "0-44/15,7", "3,4,5,9,40"};

static const char *const hours[] = {"*",    "0",    "2",    "23",        "*/2",      "*/3",
                                    "*/5",  "8-17", "0,12", "22-23,0-2", "1-23",     "9-10",
                                    "0-22", "1,3",  "*/7",  "8-18/2",    "0,8-10,20"};

static const char *const days[] = {"*",   "1-31", "1",      "13",    "28",    "29",    "30",
                                   "31",  "1,15", "15,31",  "28-31", "29-31", "30,31", "1-7",
                                   "*/2", "*/10", "2-31/2", "15,29", "1-30",  "*,5"};

static const char *const months[] = {"*",          "2",   "4",   "12",  "1-6",     "1,4,7,10",
                                     "2,4,6,9,11", "1,2", "6,7", "*/5", "11,12,1", "1-3,6"};

static const char *const weekdays[] = {"*",   "0-6", "sun",   "5",     "1-5", "6,0",
                                       "5-7", "*/2", "1,3,5", "1-3,6", "*/7", "0-4"};

struct civil cron_family_days[CRON_FAMILY_DAYS];

struct cron cron_family_parse(const char *text)
{
    struct cron cron;
    struct cron_error error;

    ck_assert_msg(cron_parse(text, strlen(text), &cron, &error), "%s: error %d", text,
                  (int)error.code);
    return cron;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Each combination of minutes and hours, with a few dates. */
static bool family_of_times(size_t index, char text[CRON_FAMILY_TEXT_SIZE])
{
    static const char *const some_dates[] = {"* * *", "* 6 *", "* * 1-5", "13 * 5"};
    size_t rest = index / COUNT(some_dates);

    if (rest >= COUNT(minutes) * COUNT(hours))
        return false;
    snprintf(text, CRON_FAMILY_TEXT_SIZE, "%s %s %s", minutes[rest / COUNT(hours)],
             hours[rest % COUNT(hours)], some_dates[index % COUNT(some_dates)]);
    return true;
}

static bool family_of_dates(size_t index, char text[CRON_FAMILY_TEXT_SIZE])
{
    size_t rest = index / COUNT(weekdays);

    if (rest >= COUNT(days) * COUNT(months))
        return false;
    snprintf(text, CRON_FAMILY_TEXT_SIZE, "0 0 %s %s %s", days[rest / COUNT(months)],
             months[rest % COUNT(months)], weekdays[index % COUNT(weekdays)]);
    return true;
}

bool cron_family_text(int family, size_t index, char text[CRON_FAMILY_TEXT_SIZE])
{
    return family == 0 ? family_of_times(index, text) : family_of_dates(index, text);
}

void cron_family_check_sentence(const char *expression, const char *words, size_t length_max)
{
    size_t length = strlen(words);

    ck_assert_msg(length > 0 && length < length_max, "%s: %zu bytes", expression, length);
    ck_assert_msg(words[0] >= 'a' || (words[0] >= '0' && words[0] <= '9'), "%s: \"%s\"", expression,
                  words);
    for (size_t i = 0; i < length; i++)
        ck_assert_msg(words[i] >= 0x20 && words[i] < 0x7F, "%s: \"%s\"", expression, words);
    ck_assert_msg(strchr(" .,:", words[length - 1]) == NULL, "%s: \"%s\"", expression, words);
    ck_assert_msg(strstr(words, "  ") == NULL && strstr(words, " ,") == NULL &&
                      strstr(words, ",,") == NULL,
                  "%s: \"%s\"", expression, words);
}

void cron_family_fill_days(void)
{
    struct civil first = {.year = 2000, .month = 1, .day = 1};
    int64_t minute = civil_to_minute(&first);

    for (int i = 0; i < CRON_FAMILY_DAYS; i++) {
        cron_family_days[i] = civil_from_minute(minute + (int64_t)(i / 7) * 24 * 60);
        cron_family_days[i].weekday = i % 7;
    }
    ck_assert_int_eq(cron_family_days[CRON_FAMILY_DAYS - 1].month, 12);
    ck_assert_int_eq(cron_family_days[CRON_FAMILY_DAYS - 1].day, 31);
}
