/* Covers lib/tick/warnings.c: what is said of a warning that comes tick after tick, and when. */
#include "support/suite.h"

#include "tick/warnings.h"

#include <stdlib.h>
#include <string.h>

#define MINUTE INT64_C(60000000)

/* What one tick warns of, at this minute, with what the tick before kept; returns what it keeps. */
static char *keep(char *said, int minute, const char *invalid, int running, const char *says)
{
    struct warnings warnings = {0};
    char quiet[3] = "--";
    char *kept;

    warnings_know(&warnings, said, minute * MINUTE);
    if (invalid != NULL)
        warnings_addf(&warnings, WARNING_INVALID, NULL, "%s", invalid);
    for (int i = 0; i < running; i++)
        warnings_addf(&warnings, WARNING_RUNNING, NULL, "run %d", i);
    if (invalid != NULL && !warnings_is_quiet(&warnings, WARNING_INVALID))
        quiet[0] = 'i';
    if (running > 0 && !warnings_is_quiet(&warnings, WARNING_RUNNING))
        quiet[1] = 'r';
    warnings_say(&warnings, &(struct org_names){0});
    kept = warnings_end(&warnings);
    warnings_free(&warnings);
    ck_assert_msg(strcmp(quiet, says) == 0, "minute %d: %s", minute, quiet);
    if (kept == NULL)
        return said;
    free(said);
    return kept;
}

static void assert_kept(const char *said, const char *name, bool is_kept)
{
    ck_assert_msg((strstr(said, name) != NULL) == is_kept, "%s", said);
}

/* Covers: when it begins, hourly, and when it is over. */
START_TEST(test_lasting)
{
    char *said = keep(NULL, 1, "a row", 0, "i-");
    char *before = strdup(said);

    for (int minute = 2; minute < 61; minute++)
        said = keep(said, minute, "a row", 0, "--");
    ck_assert_str_eq(said, before);
    said = keep(said, 61, "a row", 0, "i-");
    said = keep(said, 62, "a row", 0, "--");
    said = keep(said, 63, NULL, 0, "--");
    ck_assert_str_eq(said, "{}");
    said = keep(said, 64, "a row", 0, "i-");
    free(before);
    free(said);
}
END_TEST

/* Covers: another row is another warning. */
START_TEST(test_subject)
{
    char *said = keep(NULL, 1, "a row", 0, "i-");

    said = keep(said, 2, "another row", 0, "i-");
    said = keep(said, 3, "another row", 0, "--");
    free(said);
}
END_TEST

/* Covers: what comes and goes with the runs is not over for an hour. */
START_TEST(test_of_runs)
{
    char *said = keep(NULL, 1, NULL, 2, "-r");

    said = keep(said, 2, NULL, 0, "--");
    assert_kept(said, "running", true);
    said = keep(said, 3, NULL, 1, "--");
    said = keep(said, 60, NULL, 1, "--");
    said = keep(said, 62, NULL, 0, "--");
    assert_kept(said, "running", false);
    free(said);
}
END_TEST

/* Covers: a state from the future, or of no use, keeps nothing quiet. */
START_TEST(test_odd_states)
{
    static const char *const states[] = {
        "{\"running\": {\"since\": 600, \"said\": 600, \"subject\": 0}}",
        "{\"invalid\": 7}",
        "[]",
        "{",
        "",
    };

    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        free(keep(strdup(states[i]), 1, "a row", 1, "ir"));
}
END_TEST

/* Covers: where nothing is known, all is said, and nothing is to be kept. */
START_TEST(test_unknown)
{
    struct warnings warnings = {0};

    warnings_addf(&warnings, WARNING_INVALID, NULL, "a row");
    ck_assert(!warnings_is_quiet(&warnings, WARNING_INVALID));
    warnings_say(&warnings, &(struct org_names){0});
    ck_assert_ptr_null(warnings_end(&warnings));
    warnings_free(&warnings);
}
END_TEST

SUITE(warnings)
{
    TCase *tcase = tcase_create("warnings");

    tcase_add_test(tcase, test_lasting);
    tcase_add_test(tcase, test_subject);
    tcase_add_test(tcase, test_of_runs);
    tcase_add_test(tcase, test_odd_states);
    tcase_add_test(tcase, test_unknown);
    suite_add_tcase(suite, tcase);
}
