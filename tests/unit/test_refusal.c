/* Covers lib/store/refusal.c: what to do about a refusal, told by its code, never by its words. */
#include "support/suite.h"

#include "store/refusal.h"

#include <string.h>

static const struct {
    struct refusal refusal;
    const char *says; /* NULL: nothing */
} cases[] = {
    {{"42P01", "parserOpenTable", false, false}, "apply the migration first"},
    {{"42703", NULL, false, false}, "apply the migration first"},
    {{"3F000", NULL, false, false}, "apply the migration first"},
    {{"42883", "ParseFuncOrColumn", false, false},
     "bring the schema up to date: syncsched schema --apply"},
    {{"42883", NULL, false, false}, "bring the schema up to date: syncsched schema --apply"},
    {{"42883", "op_error", false, false}, "another type than ticks read: syncsched doctor"},
    {{"42804", NULL, false, false}, "another type than ticks read: syncsched doctor"},
    {{"42501", "check_enable_rls", false, false}, "set SYNCSCHED_DB_ROLE=service_role"},
    {{"42501", "aclcheck_error", false, false}, "lacks a privilege"},
    {{"42501", NULL, false, false}, "lacks a privilege"},
    {{"22P05", NULL, false, false}, "has no such character"},
    {{"42501", "call_string_check_hook", true, false}, "GRANT ROLE TO USER"},
    {{"22023", "call_string_check_hook", true, false}, "must name a role that exists"},
    {{"22023", "somewhere", false, false}, NULL},
    {{"25006", NULL, false, false},
     "it is a standby (connect to the primary), or its disk is full"},
    {{"57014", NULL, false, false}, "holds a lock"},
    {{"55P03", NULL, true, false}, "holds a lock"},
    {{"23505", NULL, false, false}, NULL},
    {{NULL, NULL, false, false}, NULL},
    {{NULL, NULL, true, false}, NULL},
};

START_TEST(test_refusal)
{
    const char *hint = refusal_hint(&cases[_i].refusal);

    if (cases[_i].says == NULL)
        ck_assert_str_eq(hint, "");
    else
        ck_assert_msg(strstr(hint, cases[_i].says) != NULL, "%s", hint);
}
END_TEST

/* Covers: which refusals another connection may not meet. */
START_TEST(test_refusal_ends_connection)
{
    static const char *const ends[] = {"57P01", "57P02", "57P03", "08006",
                                       "08P01", "XX000", "25006"};
    static const char *const stays[] = {"57014", "55P03", "42501", "23505", "25001", ""};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        ck_assert_msg(refusal_ends_connection(ends[i]), "%s", ends[i]);
    for (size_t i = 0; i < sizeof stays / sizeof *stays; i++)
        ck_assert_msg(!refusal_ends_connection(stays[i]), "%s", stays[i]);
    ck_assert(!refusal_ends_connection(NULL));
}
END_TEST

/* Covers: which refusals come again, whenever and however the same rows are sent. */
START_TEST(test_refusal_is_final)
{
    static const struct refusal final[] = {
        {.state = "22P05"},
        {.state = "22001"},
        {.state = "23514"},
        {.state = "23505"},
        {.state = "54000"},
        {.state = "P0001"},
        {.state = "44000"},
        {.state = "42883", .is_in_function = true},
        {.state = "0A000", .is_in_function = true},
        {.state = "42501", .is_in_function = true},
        {.state = "55000", .is_in_function = true},
        {.state = "PT403", .is_in_function = true},
    };
    static const struct refusal passing[] = {
        {.state = NULL},    {.state = "42P01"},
        {.state = "42501"}, {.state = "55P03"},
        {.state = "40001"}, {.state = "53100"},
        {.state = "25006"}, {.state = "57014"},
        {.state = "08006"}, {.state = "55P03", .is_in_function = true},
        {.state = "PT403"}, {.state = "57014", .is_in_function = true},
    };

    for (size_t i = 0; i < sizeof final / sizeof *final; i++)
        ck_assert_msg(refusal_is_final(&final[i]), "%s", final[i].state);
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        ck_assert_msg(!refusal_is_final(&passing[i]), "%zu", i);
}
END_TEST

/* Covers: which refusals are for what somebody else does. */
START_TEST(test_refusal_is_in_the_way)
{
    ck_assert(refusal_is_in_the_way("55P03"));
    ck_assert(refusal_is_in_the_way("40P01"));
    ck_assert(!refusal_is_in_the_way("57014"));
    ck_assert(!refusal_is_in_the_way(NULL));
}
END_TEST

SUITE(refusal)
{
    TCase *tcase = tcase_create("refusal");

    tcase_add_loop_test(tcase, test_refusal, 0, (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(tcase, test_refusal_ends_connection);
    tcase_add_test(tcase, test_refusal_is_final);
    tcase_add_test(tcase, test_refusal_is_in_the_way);
    suite_add_tcase(suite, tcase);
}
