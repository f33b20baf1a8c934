/* Covers lib/store/refusal.c: what to do about a refusal, told by its code, never by its words. */
#include "support/suite.h"

#include "store/refusal.h"

#include <string.h>

static const struct {
    struct refusal refusal;
    const char *says; /* NULL: nothing */
} cases[] = {
    {{"42P01", "parserOpenTable", false}, "apply the migration first"},
    {{"42703", NULL, false}, "apply the migration first"},
    {{"3F000", NULL, false}, "apply the migration first"},
    {{"42883", "ParseFuncOrColumn", false}, "bring the schema up to date: syncsched schema | psql"},
    {{"42883", NULL, false}, "bring the schema up to date: syncsched schema | psql"},
    {{"42883", "op_error", false}, "another type than ticks read: syncsched doctor"},
    {{"42804", NULL, false}, "another type than ticks read: syncsched doctor"},
    {{"42501", "check_enable_rls", false}, "ALTER ROLE name BYPASSRLS"},
    {{"42501", "aclcheck_error", false}, "lacks a privilege"},
    {{"42501", NULL, false}, "lacks a privilege"},
    {{"42501", "call_string_check_hook", true}, "GRANT ROLE TO USER"},
    {{"22023", "call_string_check_hook", true}, "must name a role that exists"},
    {{"22023", "somewhere", false}, NULL},
    {{"25006", NULL, false}, "it is a standby (connect to the primary), or its disk is full"},
    {{"57014", NULL, false}, "holds a lock"},
    {{"55P03", NULL, true}, "holds a lock"},
    {{"23505", NULL, false}, NULL},
    {{NULL, NULL, false}, NULL},
    {{NULL, NULL, true}, NULL},
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

SUITE(refusal)
{
    TCase *tcase = tcase_create("refusal");

    tcase_add_loop_test(tcase, test_refusal, 0, (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(tcase, test_refusal_ends_connection);
    suite_add_tcase(suite, tcase);
}
