/* Covers lib/inspect/findings.c, doctor.c and doctor_function.c: what is hard to bring about. */
#include "support/suite.h"

#include "inspect/doctor.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct doctor_options options = {.crontab = "CRONTAB", .migrate = "MIGRATE"};

static const char *text_of(const json_t *findings, size_t i, const char *member)
{
    return finding_text(json_array_get(findings, i), member);
}

static enum finding_state state_of(const json_t *findings, size_t i)
{
    return finding_state_parse(text_of(findings, i, "state"));
}

/* ---- Findings ---- */

START_TEST(test_findings)
{
    json_t *findings = json_array();
    struct error err = {0};

    findings_add(findings, "a", FINDING_OK, NULL, "%d of %s", 2, "them");
    ck_assert_str_eq(text_of(findings, 0, "message"), "2 of them");
    ck_assert_ptr_null(text_of(findings, 0, "hint"));
    error_set(&err, ERROR_CONFIG, "wrong");
    findings_add_error(findings, "b", FINDING_FAIL, &err, NULL);
    ck_assert_ptr_null(text_of(findings, 1, "hint"));
    findings_add_error(findings, "b", FINDING_FAIL, &err, "100%s");
    ck_assert_str_eq(text_of(findings, 2, "hint"), "100%s");
    error_hint(&err, "right");
    findings_add_error(findings, "a", FINDING_FAIL, &err, "other");
    ck_assert_str_eq(text_of(findings, 3, "hint"), "right");
    findings_hint(findings, "anew");
    ck_assert_str_eq(text_of(findings, 3, "hint"), "anew");
    ck_assert_uint_eq(findings_count(findings, NULL, FINDING_FAIL), 3);
    ck_assert_uint_eq(findings_count(findings, "b", FINDING_FAIL), 2);
    ck_assert_uint_eq(findings_count(findings, "a", FINDING_OK), 1);
    ck_assert_uint_eq(findings_count(findings, "a", FINDING_WARNING), 0);
    findings_add(findings, "a", FINDING_OK, NULL, "a\033[2Jb\n%s", "\xff"); /* nobody's terminal */
    ck_assert_str_eq(text_of(findings, 4, "message"), "a\xEF\xBF\xBD[2Jb \xEF\xBF\xBD");
    json_decref(findings);
}
END_TEST

START_TEST(test_states)
{
    for (int i = FINDING_OK; i <= FINDING_UNASKED; i++) {
        json_t *findings = json_array();

        findings_add(findings, "a", (enum finding_state)i, NULL, "b");
        ck_assert_int_eq(state_of(findings, 0), i);
        json_decref(findings);
    }
    ck_assert_int_eq(finding_state_parse("of a newer statement"), FINDING_UNASKED);
}
END_TEST

/* ---- The trigger ---- */

static const struct {
    int64_t age_s;
    const char *message;
    enum finding_state state;
} ages[] = {
    {-3, "the last tick was 0 s ago, by n on h", FINDING_OK}, /* at its heartbeat's own second */
    {0, "the last tick was 0 s ago, by n on h", FINDING_OK},
    {119, "the last tick was 119 s ago, by n on h", FINDING_OK},
    {120, "the last tick was 2 min ago, by n on h", FINDING_OK},
    {180, "the last tick was 3 min ago, by n on h", FINDING_OK},
    {181, "the last tick was 3 min ago, by n on h", FINDING_WARNING},
    {7199, "the last tick was 119 min ago, by n on h", FINDING_WARNING},
    {7200, "the last tick was 2 h ago, by n on h", FINDING_WARNING},
    {172799, "the last tick was 47 h ago, by n on h", FINDING_WARNING},
    {172800, "the last tick was 2 d ago, by n on h", FINDING_WARNING},
};

START_TEST(test_age)
{
    struct doctor_row row = {"trigger", "ok", "by n on h", NULL, ages[_i].age_s};
    json_t *findings = json_array();

    doctor_add_row(&options, &row, findings);
    ck_assert_str_eq(text_of(findings, 0, "message"), ages[_i].message);
    ck_assert_int_eq(state_of(findings, 0), ages[_i].state);
    ck_assert_pstr_eq(text_of(findings, 0, "hint"),
                      ages[_i].state == FINDING_OK ? NULL : "CRONTAB");
    json_decref(findings);
}
END_TEST

/* ---- Facts ---- */

static void add_row(const char *about, const char *state, const char *hint, json_t *found)
{
    struct doctor_row row = {about, state, state, hint, INT64_MIN};

    doctor_add_row(&options, &row, found);
}

/* Covers: what is said of a check that is in order is not said of one that is not, nor a hint. */
START_TEST(test_rows)
{
    json_t *found = json_array();

    add_row("role", "ok", NULL, found);
    add_row("version", "not_asked", NULL, found);
    add_row("version", "ok", NULL, found);
    add_row("schema", "ok", NULL, found);
    add_row("schema", "fail", "ALTER 100%s;", found);
    add_row("schema", "warning", NULL, found);
    add_row("trigger", "warning", NULL, found);
    ck_assert_uint_eq(json_array_size(found), 5);
    ck_assert_str_eq(text_of(found, 0, "check"), "role");
    ck_assert_ptr_null(text_of(found, 0, "hint"));
    ck_assert_str_eq(text_of(found, 1, "check"), "version");
    ck_assert_int_eq(state_of(found, 1), FINDING_OK);
    ck_assert_str_eq(text_of(found, 2, "message"), "fail");
    ck_assert_str_eq(text_of(found, 2, "hint"), "ALTER 100%s;");
    ck_assert_str_eq(text_of(found, 3, "message"), "warning");
    ck_assert_str_eq(text_of(found, 3, "hint"), "MIGRATE");
    ck_assert_str_eq(text_of(found, 4, "hint"), "CRONTAB");
    json_decref(found);
}
END_TEST

/* Covers: of another version the schema may look otherwise. */
START_TEST(test_other_version)
{
    json_t *found = json_array();

    add_row("version", "not_asked", NULL, found);
    add_row("version", "fail", "update", found);
    add_row("schema", "ok", NULL, found);
    add_row("schema", "fail", "ALTER;", found);
    add_row("schema", "fail", "ALTER;", found);
    ck_assert_uint_eq(json_array_size(found), 2);
    ck_assert_str_eq(text_of(found, 0, "hint"), "update");
    ck_assert_int_eq(state_of(found, 1), FINDING_UNASKED);
    ck_assert_str_eq(text_of(found, 1, "check"), "schema");
    json_decref(found);
}
END_TEST

/* Covers: a refusal that no fact explains, such as a role of which one is a member, but may not
 * become it. */
START_TEST(test_unexplained_refusal)
{
    struct doctor_options asked = options;
    json_t *found = json_array();
    json_t *findings = json_array();
    struct error err = {0};

    error_set(&err, ERROR_DATABASE, "database: permission denied to set role \"r\"");
    asked.database.role = _i == 0 ? "r" : NULL;
    doctor_judge_refusal(&asked, found, &err, findings);
    ck_assert_uint_eq(json_array_size(findings), 1);
    ck_assert_str_eq(text_of(findings, 0, "check"), _i == 0 ? "role" : "database");
    ck_assert_str_eq(text_of(findings, 0, "message"), err.message);
    ck_assert_int_eq(state_of(findings, 0), FINDING_FAIL);
    ck_assert_ptr_nonnull(text_of(findings, 0, "hint"));
    json_decref(findings);
    json_decref(found);
}
END_TEST

/* ---- The function ---- */

static const struct {
    const char *url;
    long status;
    bool has_key;
    enum finding_state state;
    const char *message;
    const char *hint; /* its end; NULL: none */
} pings[] = {
    {"https://x/f", 204, true, FINDING_OK,
     "reached: it answered OPTIONS with 204 after 7 ms, given "
     "the key",
     NULL},
    {"https://x/f", 204, false, FINDING_OK, "reached: it answered OPTIONS with 204 after 7 ms",
     NULL},
    {"https://x/f", 401, false, FINDING_OK, "reached; it answered 401 to a request without a key",
     NULL},
    {"https://x/v1/f?k=hush#hush", 401, true, FINDING_FAIL, "the key was refused: 401",
     "give SUPABASE_SECRET_KEY_FILE a secret key of this project, and let the function check it by "
     "itself: supabase functions deploy f --no-verify-jwt"},
    {"https://x/v1/f?k=a/hush", 404, true, FINDING_FAIL,
     "there is no function at https://x/v1/f: 404", "supabase functions deploy f --no-verify-jwt"},
    {"https://x/f?hush", 308, true, FINDING_FAIL,
     "https://x/f sends callers elsewhere: 308; a tick does not follow", "to where it leads"},
    {"https://x/f?hush", 0, true, FINDING_FAIL, "https://x/f was not reached: why", "reach it"},
    {"https://x/f", 546, true, FINDING_WARNING, "reached, but it answered OPTIONS with 546",
     "and see its log"},
};

START_TEST(test_ping)
{
    struct http_ping ping = {.status = pings[_i].status, .ms = 7, .failure = "why"};
    struct doctor_options asked = {.key_name = "SUPABASE_SECRET_KEY_FILE"};
    json_t *findings = json_array();
    const char *hint;

    asked.function.url = pings[_i].url;
    doctor_judge_ping(&asked, &ping, pings[_i].has_key, findings);
    ck_assert_uint_eq(json_array_size(findings), 1);
    hint = text_of(findings, 0, "hint");
    ck_assert_int_eq(state_of(findings, 0), pings[_i].state);
    ck_assert_str_eq(text_of(findings, 0, "message"), pings[_i].message);
    if (pings[_i].hint == NULL) {
        ck_assert_ptr_null(hint);
    } else {
        ck_assert_str_eq(hint + strlen(hint) - strlen(pings[_i].hint), pings[_i].hint);
        ck_assert_ptr_null(strstr(hint, "hush"));
    }
    json_decref(findings);
}
END_TEST

SUITE(doctor)
{
    TCase *cases = tcase_create("doctor");

    tcase_add_test(cases, test_findings);
    tcase_add_loop_test(cases, test_age, 0, (int)COUNT(ages));
    tcase_add_test(cases, test_states);
    tcase_add_test(cases, test_rows);
    tcase_add_test(cases, test_other_version);
    tcase_add_loop_test(cases, test_unexplained_refusal, 0, 2);
    tcase_add_loop_test(cases, test_ping, 0, (int)COUNT(pings));
    suite_add_tcase(suite, cases);
}
