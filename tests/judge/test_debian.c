/*
 * Covers cron_parse() and cron_next() against Debian's cron itself, where it can be asked: what its
 * crontab(1) accepts, and what its daemon runs in nights in which clocks are changed.
 */
#include "judge/cases.h"
#include "judge/judge.h"
#include "judge/nights.h"
#include "support/suite.h"

#include "base/text.h"
#include "cron/cron.h"
#include "support/program.h"
#include "time/zones.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { DRAWN = 3000 };

static const char *ask_cron_script;

/* Asks whether crontab(1) accepts these expressions, one a line. */
static struct program_result ask_syntax(const char *expressions)
{
    const char *const argv[] = {ask_cron_script, "syntax", NULL};

    return program_run_with_input(argv, NULL, expressions);
}

static bool we_accept(const char *expression)
{
    struct cron_error error;
    struct cron cron;

    return cron_parse(expression, strlen(expression), &cron, &error);
}

static void add_accepted(struct text *expressions, const char *expression)
{
    ck_assert_msg(we_accept(expression), "\"%s\" is refused", expression);
    text_addf(expressions, "%s\n", expression);
}

static void assert_debian_accepts(struct text *expressions)
{
    struct program_result result = ask_syntax(text_string(expressions));

    ck_assert_msg(result.status == 0, "status %d: %s", result.status, result.err);
    program_result_free(&result);
    text_free(expressions);
}

START_TEST(test_accepts_what_we_accept)
{
    static const char *const odd[] = {
        "  0\t2  * * *",
        "00 02 01 01 00",
        "0 2 * * SUN-Tue,7",
        "0 2 * * 5-7",
        "0 2 * JAN-dec/3 *",
        "0 2 * * */7",
        "*/59 */23 */31 */12 *",
        "0-0/1 0 * * *",
        "0,0,0 2 * * *",
        "@annually",
        "@midnight",
        "@yearly",
    };
    struct text expressions = {0};

    for (size_t i = 0; i < cases_expressions_count; i++)
        add_accepted(&expressions, cases_expressions[i]);
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        add_accepted(&expressions, odd[i]);
    assert_debian_accepts(&expressions);
}
END_TEST

START_TEST(test_accepts_what_we_accept_drawn)
{
    char expression[CASES_EXPRESSION_SIZE];
    struct text expressions = {0};
    uint64_t seed = 20270328;

    for (int i = 0; i < DRAWN; i++) {
        cases_draw(&seed, expression);
        add_accepted(&expressions, expression);
    }
    assert_debian_accepts(&expressions);
}
END_TEST

/* Debian accepts more than we do (`*` with a step of 60, a range backwards), but none of these. */
static const char *const refused[] = {
    "60 * * * *",     "0 24 * * *",   "0 0 0 * *",      "0 0 32 * *",      "0 0 * 0 *",
    "0 0 * 13 *",     "0 0 * * 8",    "5/10 * * * *",   "0 3/4 * * *",     "*/0 * * * *",
    "0-30/0 * * * *", "*/-5 * * * *", "-5 * * * *",     "5- * * * *",      "1-2-3 * * * *",
    "0,,5 * * * *",   ",5 * * * *",   "5, * * * *",     "0-70 * * * *",    "0-99/5 * * * *",
    "0 0 * foo *",    "0 0 * * mo",   "0 0 * * monday", "0 0 * january *", "jan * * * *",
    "0 0 ? * *",      "0 0 L * *",    "0 0 15W * *",    "H * * * *",       "~ * * * *",
    "*/x * * * *",    "@noon",        "@Daily",         "@every 5m",       "* * * *",
    "0 2 * *",
};

START_TEST(test_refuses_too)
{
    struct program_result result = ask_syntax(refused[_i]);

    ck_assert_msg(result.status == 1, "\"%s\": status %d, %s", refused[_i], result.status,
                  result.err);
    ck_assert_msg(!we_accept(refused[_i]), "\"%s\" is accepted", refused[_i]);
    program_result_free(&result);
}
END_TEST

/* Whether cron_next() has the expression run in that minute. */
static bool fires_at(const char *expression, const struct zone *zone, int64_t minute)
{
    struct cron_error error;
    struct cron cron;
    int64_t next;

    return cron_parse(expression, strlen(expression), &cron, &error) &&
           cron_next(&cron, zone, minute - 1, &next) && next == minute;
}

/* The lines of a night that cron_next() has run in a minute of it, as the answer has them. */
static uint16_t lines_at(size_t night, const struct zone *zone, int at)
{
    uint16_t lines = 0;

    for (int line = 0; line < NIGHT_LINES && nights[night].lines[line] != NULL; line++)
        if (fires_at(nights[night].lines[line], zone, night_answers[night].from + at))
            lines |= (uint16_t)(1U << line);
    return lines;
}

/* Whether the daemon ran what cron_next() has run. Outside of any test: asserts nothing. */
static bool is_expected(size_t night)
{
    struct zones zones = {0};
    struct zone zone;
    struct error err;
    bool found = zones_find(&zones, nights[night].zone, &zone, &err);
    bool same = true;

    for (int at = 0; found && same && at < nights[night].minutes; at++)
        same = night_answers[night].runs[at] == lines_at(night, &zone, at);
    zones_free(&zones);
    return same;
}

/* The lines of a night that the judge has run, for each minute of its year; freed by the caller. */
static uint64_t *judge_night(const struct night *night, struct judge_clock *clock)
{
    struct judge_crontab crontab = {0};
    uint64_t *judged;

    judge_clock_read(clock, night->zone, atoi(night->from), 1);
    for (int line = 0; line < NIGHT_LINES && night->lines[line] != NULL; line++)
        judge_crontab_set(&crontab, line, night->lines[line]);
    judged = calloc(clock->count, sizeof *judged);
    ck_assert_ptr_nonnull(judged);
    judge_fires(clock, &crontab, judged);
    return judged;
}

/* Fails when the three do not agree about a minute, and names the first line. */
static void assert_agree(const struct night *night, int64_t minute, uint64_t daemon,
                         uint64_t computed, uint64_t judged)
{
    uint64_t different = (daemon ^ computed) | (daemon ^ judged);
    int line = different != 0 ? __builtin_ctzll(different) : 0;
    char utc[JUDGE_TIME_SIZE];
    char local[JUDGE_TIME_SIZE];

    ck_assert_msg(
        different == 0,
        "%s, \"%s\" at %s UTC (%s there): the daemon says %s, cron_next() %s, the judge %s",
        night->zone, night->lines[line], judge_format_utc(minute, utc),
        judge_format_local(minute, local), (daemon >> line & 1) != 0 ? "yes" : "no",
        (computed >> line & 1) != 0 ? "yes" : "no", (judged >> line & 1) != 0 ? "yes" : "no");
}

START_TEST(test_night)
{
    const struct night *night = &nights[_i];
    const struct night_answer *answer = &night_answers[_i];
    struct judge_clock clock;
    struct zones zones = {0};
    struct zone zone;
    struct error err = {0};
    uint64_t *judged;

    ck_assert_msg(answer->status == NIGHT_ANSWERED, "ask-cron failed: %s", answer->words);
    ck_assert_msg(zones_find(&zones, night->zone, &zone, &err), "%s", err.message);
    judged = judge_night(night, &clock);
    for (int at = 0; at < night->minutes; at++)
        assert_agree(night, answer->from + at, answer->runs[at], lines_at((size_t)_i, &zone, at),
                     judged[answer->from - clock.from + at]);
    free(judged);
    judge_clock_free(&clock);
    zones_free(&zones);
}
END_TEST

/* Adds the nights about which there was somebody to ask. */
static void add_nights(Suite *suite)
{
    TCase *tcase = tcase_create("the daemon");

    nights_ask(ask_cron_script, is_expected);
    for (int i = 0; i < (int)nights_count; i++) {
        if (night_answers[i].status != NIGHT_NOT_ASKED)
            tcase_add_loop_test(tcase, test_night, i, i + 1);
        else
            printf("the daemon in %s, %s: not asked: %s\n", nights[i].zone, nights[i].from,
                   night_answers[i].words);
    }
    suite_add_tcase(suite, tcase);
}

/* Adds what asks crontab(1). */
static void add_syntax(Suite *suite)
{
    TCase *tcase = tcase_create("crontab");

    tcase_add_test(tcase, test_accepts_what_we_accept);
    tcase_add_test(tcase, test_accepts_what_we_accept_drawn);
    tcase_add_loop_test(tcase, test_refuses_too, 0, (int)(sizeof refused / sizeof refused[0]));
    suite_add_tcase(suite, tcase);
}

/* Why crontab(1) cannot be asked; "" when it can. */
static void probe_syntax(char *words, size_t size)
{
    enum { STATUS_NOT_ASKED = 77 };
    char command[256];
    FILE *from;
    int status;

    words[0] = '\0';
    snprintf(command, sizeof command, "echo '0 2 * * *' | %s syntax 2>&1", ask_cron_script);
    from = popen(command, "re");
    if (from == NULL)
        return; /* the tests will say more */
    if (fgets(words, (int)size, from) != NULL)
        words[strcspn(words, "\n")] = '\0';
    status = pclose(from);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != STATUS_NOT_ASKED)
        words[0] = '\0';
}

static bool script_is_named(void)
{
    ask_cron_script = getenv("ASK_CRON");
    return ask_cron_script != NULL;
}

SUITE_WHEN(debian, script_is_named)
{
    char words[NIGHT_WORDS_SIZE];

    probe_syntax(words, sizeof words);
    if (words[0] == '\0')
        add_syntax(suite);
    else
        printf("crontab: not asked: %s\n", words);
    add_nights(suite);
}
