/* Covers lib/tick/summary.c. */
#include "support/suite.h"

#include "tick/summary.h"

#include <stdlib.h>

#define ID "0c000000-0000-0000-0000-00000000000"

/* Covers: nothing due prints exactly this. */
START_TEST(test_summary_empty)
{
    struct summary summary = {0};
    char *json = summary_json(&summary);

    ck_assert_str_eq(json, "{\"triggered\":0,\"skipped\":0,\"failed\":0,\"runIds\":[]}");
    free(json);
    summary_free(&summary);
}
END_TEST

START_TEST(test_summary_full)
{
    struct summary summary = {.triggered = 3, .skipped = 20, .failed = 1};
    char *json;

    summary_add_run_id(&summary, ID "3");
    summary_add_run_id(&summary, ID "1");
    summary_add_run_id(&summary, ID "2");
    json = summary_json(&summary);
    ck_assert_str_eq(json, "{\"triggered\":3,\"skipped\":20,\"failed\":1,\"runIds\":"
                           "[\"" ID "3\",\"" ID "1\",\"" ID "2\"]}");
    free(json);
    summary_free(&summary);
    ck_assert_uint_eq(summary.triggered + summary.run_id_count, 0);
}
END_TEST

/* Covers: growth. */
START_TEST(test_summary_many)
{
    struct summary summary = {0};

    for (int i = 0; i < 1000; i++)
        summary_add_run_id(&summary, ID "7");
    ck_assert_uint_eq(summary.run_id_count, 1000);
    ck_assert_str_eq(summary.run_ids[0], ID "7");
    ck_assert_str_eq(summary.run_ids[999], ID "7");
    summary_free(&summary);
}
END_TEST

SUITE(summary)
{
    TCase *cases = tcase_create("summary");

    tcase_add_test(cases, test_summary_empty);
    tcase_add_test(cases, test_summary_full);
    tcase_add_test(cases, test_summary_many);
    suite_add_tcase(suite, cases);
}
