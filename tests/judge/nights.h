/*
 * Nights in which clocks are changed, as Debian's cron lives through them: what its daemon ran,
 * asked through tests/judge/ask-cron.
 */
#ifndef TESTS_JUDGE_NIGHTS_H
#define TESTS_JUDGE_NIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NIGHT_LINES = 16, NIGHT_MINUTES = 400, NIGHT_WORDS_SIZE = 256 };

struct night {
    const char *zone;
    const char *from; /* UTC, a time that the zone's clock shows once */
    int minutes;      /* at most NIGHT_MINUTES */
    const char *lines[NIGHT_LINES];
};

enum night_status { NIGHT_NOT_ASKED = 0, NIGHT_ANSWERED, NIGHT_FAILED };

struct night_answer {
    enum night_status status;
    int64_t from;                 /* UTC minutes since 1970 */
    uint16_t runs[NIGHT_MINUTES]; /* bit n: the daemon ran line n in that minute, perhaps often */
    char words[NIGHT_WORDS_SIZE]; /* why there is no answer */
};

extern const struct night nights[];
extern const size_t nights_count;
extern struct night_answer night_answers[]; /* of each night; filled by nights_ask() */

/*
 * Asks about all nights at the same time, which takes a minute, and again more slowly about those
 * for which the machine was too busy or whose answer is not the expected one: a busy machine runs
 * jobs late, so a difference is believed only at the slowest pace.
 */
void nights_ask(const char *ask_cron, bool (*is_expected)(size_t night));

#endif
