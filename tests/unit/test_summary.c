/* Covers lib/tick/tick.c: the summary of a result. */
#include "support/suite.h"

#include "tick/tick.h"

#include <stdlib.h>

#define ID "0c000000-0000-0000-0000-00000000000"

static void check(const struct tick_result *result, const char *expected)
{
    json_t *summary = tick_summary(result);
    char *line = json_dumps(summary, JSON_COMPACT);

    ck_assert_str_eq(line, expected);
    free(line);
    json_decref(summary);
}

/* Covers: nothing due prints exactly this. */
START_TEST(test_summary_empty)
{
    check(&(struct tick_result){0}, "{\"triggered\":0,\"skipped\":0,\"failed\":0,\"runIds\":[]}");
}
END_TEST

/* Covers: the ids of what was dispatched, in the order of the runs; a dry run has none. */
START_TEST(test_summary_full)
{
    static struct claim_run runs[5] = {{.run.run_id = ID "3"},
                                       {.run.run_id = ID "4"},
                                       {.run.run_id = ID "1"},
                                       {.run.run_id = ID "5"},
                                       {.run.run_id = ID "2"}};
    static int verdicts[5] = {WORKER_FAILED, WORKER_LEFT, WORKER_COMPLETED, POOL_UNDONE, POOL_LOST};
    struct tick_result result = {
        .triggered = 3, .skipped = 20, .failed = 2, .runs = runs, .verdicts = verdicts, .count = 5};

    check(&result, "{\"triggered\":3,\"skipped\":20,\"failed\":2,\"runIds\":"
                   "[\"" ID "3\",\"" ID "1\",\"" ID "2\"]}");
    result.is_dry = true;
    check(&result, "{\"triggered\":3,\"skipped\":20,\"failed\":2,\"runIds\":[]}");
}
END_TEST

SUITE(summary)
{
    TCase *cases = tcase_create("summary");

    tcase_add_test(cases, test_summary_empty);
    tcase_add_test(cases, test_summary_full);
    suite_add_tcase(suite, cases);
}
