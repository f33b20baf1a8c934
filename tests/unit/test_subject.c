/* Covers lib/plan/subject.c: whose something is, in a line that is short and safe whatever it is made of. */
#include "support/suite.h"

#include "plan/subject.h"

#include <string.h>

#define ORG         "0a000000-0000-4000-8000-00000000000a"
#define INTEGRATION "2ea2038c-0000-4000-8000-00000000000b"
#define TEN(s)      s s s s s s s s s s

static const struct {
    struct subject subject;
    const char *line;
} subjects[] = {
    {{"Blåklokken Barnehage SA", ORG, "xledger", INTEGRATION},
     "Blåklokken Barnehage SA / xledger (2ea2038c)"},
    {{NULL, ORG, "bufdir", INTEGRATION}, "organisation 0a000000 / bufdir (2ea2038c)"},
    {{"", ORG, NULL, INTEGRATION}, "organisation 0a000000 / ? (2ea2038c)"},
    {{"N", "", "", ""}, "N / ? ((null))"},
    {{NULL, "", "x", NULL}, "organisation (null) / x ((null))"},
    {{TEN("bølg") "e", ORG, TEN("type"), INTEGRATION},
     TEN("bølg") "… / "
                 "typetypetypetypetype… (2ea2038c)"},
    {{TEN("bølg"), ORG, "typetypetypetypetype", INTEGRATION},
     TEN("bølg") " / typetypetypetypetype (2ea2038c)"},
    {{"a\033[2J\nb\xFF", ORG, "\xC2\x9B", INTEGRATION},
     "a\xEF\xBF\xBD[2J b\xEF\xBF\xBD / \xEF\xBF\xBD (2ea2038c)"},
};

START_TEST(test_line)
{
    struct text out = {0};

    subject_add(&subjects[_i].subject, &out);
    ck_assert_str_eq(text_string(&out), subjects[_i].line);
    text_free(&out);
}
END_TEST

/* Covers: before a message, which is not lost whatever the name is. */
START_TEST(test_prefix)
{
    struct subject subject = {
        TEN("\xF0\x9F\x90\x90\xF0\x9F\x90\x90\xF0\x9F\x90\x90\xF0\x9F\x90\x90"), ORG, "xledger",
        INTEGRATION};
    struct error err;

    error_set(&err, ERROR_INVALID, "wrong");
    ck_assert(!subject_prefix(&subject, &err));
    ck_assert_ptr_nonnull(strstr(err.message, " / xledger (2ea2038c): wrong"));
    ck_assert_int_eq(err.kind, ERROR_INVALID);
}
END_TEST

/* Covers: for a program whole ids, and null for what is not known. */
START_TEST(test_members)
{
    json_t *members = subject_members(&(struct subject){NULL, ORG, "", INTEGRATION});

    ck_assert_uint_eq(json_object_size(members), 4);
    ck_assert_str_eq(json_string_value(json_object_get(members, "orgId")), ORG);
    ck_assert_str_eq(json_string_value(json_object_get(members, "integrationId")), INTEGRATION);
    ck_assert(json_is_null(json_object_get(members, "organization")));
    ck_assert(json_is_null(json_object_get(members, "integrationType")));
    json_decref(members);
}
END_TEST

SUITE(subject)
{
    TCase *tcase = tcase_create("subject");

    tcase_add_loop_test(tcase, test_line, 0, sizeof subjects / sizeof *subjects);
    tcase_add_test(tcase, test_prefix);
    tcase_add_test(tcase, test_members);
    suite_add_tcase(suite, tcase);
}
