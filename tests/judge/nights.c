#include "judge/nights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

/* Exit statuses of ask-cron. */
enum { STATUS_TOO_BUSY = 75, STATUS_NOT_ASKED = 77 };

/* So many times as fast as life, one after the other: a minute in 0.2 s, in 0.4 s, in 1.2 s. */
static const int speeds[] = {300, 150, 50};

/*
 * In a gap the daemon waits ten seconds before each minute in which something was skipped, and what
 * does not fit into the first minute after it comes later, in the second or third. We promise the
 * first (design section 4), so these crontabs skip little enough.
 */
const struct night nights[] = {
    /* 02:00 is followed by 03:00, at 01:00 UTC */
    {"Europe/Oslo",
     "2027-03-28 00:25",
     150,
     {"30 2 * * *", "15,30 2 * * *", "59 1 * * *", "0 3 * * *", "1 3 * * *", "30 2,3 28 3 *",
      "*/20 * * * *", "* 2 * * *", "30 * * * *", "@hourly", "30 2 29 3 *"}},
    /* 03:00 is followed by 02:00, at 01:00 UTC */
    {"Europe/Oslo",
     "2027-10-30 23:45",
     160,
     {"0 2 * * *", "30 2 * * *", "15,59 2 * * *", "0 3 * * *", "10 3 * * *", "59 1 * * *",
      "*/20 * * * *", "* 2 * * *", "30 * * * *", "@hourly", "0 2,3 * * sun"}},
    /* half an hour is skipped, at 15:30 UTC */
    {"Australia/Lord_Howe",
     "2027-10-02 15:00",
     120,
     {"0 2 * * *", "15 2 * * *", "30 2 * * *", "15,45 2 * * *", "*/20 * * * *", "10 * * * *",
      "* 2 * * *", "59 1 * * *", "0 3 3 10 *"}},
    /* half an hour is repeated, at 15:00 UTC */
    {"Australia/Lord_Howe",
     "2027-04-03 14:15",
     120,
     {"30 1 * * *", "45 1 * * *", "29,59 1 * * *", "0 2 * * *", "*/20 * * * *", "45 * * * *",
      "* 1 * * *", "1 2 4 4 *"}},
    /* the day begins at 01:00, at 03:00 UTC */
    {"America/Sao_Paulo",
     "2018-11-04 02:30",
     120,
     {"0 0 * * *", "30 0 * * *", "@daily", "0 0 * * 0", "30 0 4 11 *", "30 0 3 11 *", "59 23 * * *",
      "0 1 * * *", "@hourly", "*/30 0 * * *"}},
    /* two hours are skipped, at 01:00 UTC */
    {"Antarctica/Troll",
     "2025-03-30 00:30",
     100,
     {"30 1 * * *", "30 2 * * *", "0 3 * * *", "30 1,2,3 * * *", "*/30 * * * *", "0 * * * *"}},
    /* three hours forward are a correction, at 16:01 UTC */
    {"Antarctica/Casey",
     "2020-10-03 15:30",
     90,
     {"30 0 * * *", "2 0 * * *", "0 3 * * *", "10 3 * * *", "*/20 * * * *", "59 2 4 10 *"}},
    /* three hours back are repeated, at 16:00 UTC */
    {"Antarctica/Casey",
     "2020-03-07 12:40",
     395,
     {"50 2 * * *", "30 1 * * *", "0 0 * * *", "0 3 * * *", "*/20 * * * *", "0 * * * *",
      "59 2 8 3 *", "59 23 * * *"}},
    /* 30 December is left out, at 10:00 UTC */
    {"Pacific/Apia",
     "2011-12-30 09:30",
     90,
     {"30 12 30 12 *", "0 0 * * *", "0 0 30,31 12 *", "45 23 * * *", "30 0 * * *", "*/20 * * * *",
      "0 0 * * 5"}},
};

enum { NIGHTS = sizeof nights / sizeof nights[0] };

const size_t nights_count = NIGHTS;
struct night_answer night_answers[NIGHTS];

/* Starts to ask about a night. */
static FILE *night_start(const char *ask_cron, const struct night *night,
                         struct night_answer *answer, int speed)
{
    struct tm tm = {0};
    char command[2048];
    size_t length;

    if (strptime(night->from, "%Y-%m-%d %H:%M", &tm) == NULL)
        abort();
    *answer = (struct night_answer){.from = timegm(&tm) / 60};
    length = (size_t)snprintf(command, sizeof command, "%s night %s %lld %d %d", ask_cron,
                              night->zone, (long long)answer->from * 60, night->minutes, speed);
    for (int i = 0; i < NIGHT_LINES && night->lines[i] != NULL; i++)
        length +=
            (size_t)snprintf(command + length, sizeof command - length, " '%s'", night->lines[i]);
    snprintf(command + length, sizeof command - length, " 2>&1");
    return popen(command, "re");
}

/* Reads the answer to its end; what is no run is the reason why there is none. Returns the status. */
static int night_read(FILE *from, const struct night *night, struct night_answer *answer)
{
    char line[NIGHT_WORDS_SIZE];
    int status;

    while (fgets(line, sizeof line, from) != NULL) {
        char *rest;
        long job = strtol(line, &rest, 10);
        int64_t minute = strtoll(rest, &rest, 10) / 60 - answer->from;

        if (strcmp(rest, "\n") == 0 && job >= 1 && job <= NIGHT_LINES && minute >= 0 &&
            minute < night->minutes)
            answer->runs[minute] |= (uint16_t)(1U << (job - 1));
        else
            snprintf(answer->words, sizeof answer->words, "%.*s", (int)strcspn(line, "\n"), line);
    }
    status = pclose(from);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What an exit status of ask-cron says of the answer. */
static enum night_status night_judge_status(int status)
{
    if (status == 0)
        return NIGHT_ANSWERED;
    return status == STATUS_NOT_ASKED || status == STATUS_TOO_BUSY ? NIGHT_NOT_ASKED : NIGHT_FAILED;
}

/* Asks about the open nights, all at once, and closes those that need not be asked again. */
static void nights_ask_at(const char *ask_cron, int speed, bool (*is_expected)(size_t),
                          bool open[NIGHTS])
{
    FILE *from[NIGHTS] = {0};

    for (size_t i = 0; i < NIGHTS; i++)
        if (open[i])
            from[i] = night_start(ask_cron, &nights[i], &night_answers[i], speed);
    for (size_t i = 0; i < NIGHTS; i++) {
        struct night_answer *answer = &night_answers[i];
        int status;

        if (!open[i])
            continue;
        status = from[i] != NULL ? night_read(from[i], &nights[i], answer) : -1;
        answer->status = night_judge_status(status);
        open[i] = status == STATUS_TOO_BUSY || (status == 0 && !is_expected(i));
    }
}

void nights_ask(const char *ask_cron, bool (*is_expected)(size_t night))
{
    bool open[NIGHTS];

    memset(open, true, sizeof open);
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++)
        nights_ask_at(ask_cron, speeds[i], is_expected, open);
}
