/* Covers lib/inspect/findings.c, doctor_database.c and doctor_function.c: what is hard to bring about. */
#include "support/suite.h"

#include "base/memory.h"
#include "inspect/doctor_database.h"
#include "inspect/doctor_function.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct doctor_question question = {.tick = "TICK", .migrate = "MIGRATE"};

static void add_fact(struct checkup_facts *facts, const char *kind, const char *relation,
                     const char *name, const char *wanted, const char *found)
{
    facts->list = memory_grow(facts->list, facts->count, &facts->capacity, sizeof *facts->list);
    facts->list[facts->count++] = (struct checkup_fact){
        memory_copy_text(kind), memory_copy_text(relation), memory_copy_text(name),
        memory_copy_text(wanted), memory_copy_text(found)};
}

/* ---- Findings ---- */

START_TEST(test_findings)
{
    struct findings findings = {0};
    struct error err = {0};

    findings_add(&findings, "a", FINDING_OK, "%d of %s", 2, "them");
    ck_assert_str_eq(findings.list[0].message, "2 of them");
    ck_assert_ptr_null(findings.list[0].hint);
    error_set(&err, ERROR_CONFIG, "wrong");
    findings_add_error(&findings, "b", FINDING_FAIL, &err, NULL);
    ck_assert_ptr_null(findings.list[1].hint);
    findings_add_error(&findings, "b", FINDING_FAIL, &err, "100%s");
    ck_assert_str_eq(findings.list[2].hint, "100%s");
    error_hint(&err, "right");
    findings_add_error(&findings, "a", FINDING_FAIL, &err, "other");
    ck_assert_str_eq(findings.list[3].hint, "right");
    findings_hint(&findings, "anew");
    ck_assert_str_eq(findings.list[3].hint, "anew");
    ck_assert_uint_eq(findings_count(&findings, NULL, FINDING_FAIL), 3);
    ck_assert_uint_eq(findings_count(&findings, "b", FINDING_FAIL), 2);
    ck_assert_uint_eq(findings_count(&findings, "a", FINDING_OK), 1);
    ck_assert_uint_eq(findings_count(&findings, "a", FINDING_WARNING), 0);
    findings_free(&findings);
    ck_assert_uint_eq(findings.count, 0);
}
END_TEST

/* ---- The trigger ---- */

static const struct {
    const char *age_s;
    const char *message;
    enum finding_state state;
} ages[] = {
    {"-3", "the last tick was 0 s ago, by n on h", FINDING_OK}, /* at its heartbeat's own second */
    {"0", "the last tick was 0 s ago, by n on h", FINDING_OK},
    {"119", "the last tick was 119 s ago, by n on h", FINDING_OK},
    {"120", "the last tick was 2 min ago, by n on h", FINDING_OK},
    {"180", "the last tick was 3 min ago, by n on h", FINDING_OK},
    {"181", "the last tick was 3 min ago, by n on h", FINDING_WARNING},
    {"7199", "the last tick was 119 min ago, by n on h", FINDING_WARNING},
    {"7200", "the last tick was 2 h ago, by n on h", FINDING_WARNING},
    {"172799", "the last tick was 47 h ago, by n on h", FINDING_WARNING},
    {"172800", "the last tick was 2 d ago, by n on h", FINDING_WARNING},
};

START_TEST(test_age)
{
    struct checkup_facts facts = {0};
    struct findings findings = {0};

    add_fact(&facts, "ticked", "", "n", "h", ages[_i].age_s);
    doctor_judge_trigger(&question, &facts, &findings);
    ck_assert_str_eq(findings.list[0].message, ages[_i].message);
    ck_assert_int_eq(findings.list[0].state, ages[_i].state);
    ck_assert_pstr_eq(findings.list[0].hint,
                      ages[_i].state == FINDING_OK ? NULL : "* * * * *  TICK >/dev/null");
    findings_free(&findings);
    checkup_free(&facts);
}
END_TEST

/* ---- Facts ---- */

/* Covers: names are data: what looks like a word of a template stays as it is. */
START_TEST(test_words_in_names)
{
    struct checkup_facts facts = {0};
    struct findings findings = {0};

    add_fact(&facts, "user", "d", "u", "u", "15");
    add_fact(&facts, "extra", "t", "\"{wanted}{\"", "w", "");
    add_fact(&facts, "who knows", "t", "n", "w", "f"); /* of a newer statement: no finding */
    doctor_judge_facts(&question, &facts, &findings);
    ck_assert_uint_eq(findings.count, 6);
    ck_assert_str_eq(findings.list[5].message, "t asks for a \"{wanted}{\", which no tick gives");
    ck_assert_str_eq(findings.list[5].hint,
                     "ALTER TABLE t ALTER COLUMN \"{wanted}{\" DROP NOT NULL;");
    findings_free(&findings);
    checkup_free(&facts);
}
END_TEST

/* Covers: a refusal that no fact explains, such as a role of which one is a member, but may not
 * become it. */
START_TEST(test_unexplained_refusal)
{
    struct doctor_question asked = question;
    struct checkup_facts facts = {0};
    struct findings findings = {0};
    struct error err = {0};

    error_set(&err, ERROR_DATABASE, "database: permission denied to set role \"r\"");
    asked.database.role = _i == 0 ? "r" : NULL;
    doctor_judge_role(&asked, &facts, &err, &findings);
    ck_assert_uint_eq(findings.count, 1);
    ck_assert_str_eq(findings.list[0].check, _i == 0 ? "role" : "database");
    ck_assert_str_eq(findings.list[0].message, err.message);
    ck_assert_int_eq(findings.list[0].state, FINDING_FAIL);
    ck_assert_ptr_nonnull(findings.list[0].hint);
    findings_free(&findings);
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
     "supabase functions deploy f --no-verify-jwt"},
    {"https://x/v1/f?k=a/hush", 404, true, FINDING_FAIL,
     "there is no function at https://x/v1/f: 404", "supabase functions deploy f"},
    {"https://x/f?hush", 308, true, FINDING_FAIL,
     "https://x/f sends callers elsewhere: 308; a tick does not follow", "to where it leads"},
    {"https://x/f?hush", 0, true, FINDING_FAIL, "https://x/f was not reached: why", "reach it"},
    {"https://x/f", 546, true, FINDING_WARNING, "reached, but it answered OPTIONS with 546",
     "and see its log"},
};

START_TEST(test_ping)
{
    struct http_ping ping = {.status = pings[_i].status, .ms = 7, .failure = "why"};
    struct findings findings = {0};
    const struct finding *finding;

    doctor_judge_ping(pings[_i].url, &ping, pings[_i].has_key, &findings);
    ck_assert_uint_eq(findings.count, 1);
    finding = &findings.list[0];
    ck_assert_int_eq(finding->state, pings[_i].state);
    ck_assert_str_eq(finding->message, pings[_i].message);
    if (pings[_i].hint == NULL) {
        ck_assert_ptr_null(finding->hint);
    } else {
        ck_assert_str_eq(finding->hint + strlen(finding->hint) - strlen(pings[_i].hint),
                         pings[_i].hint);
        ck_assert_ptr_null(strstr(finding->hint, "hush"));
    }
    findings_free(&findings);
}
END_TEST

SUITE(doctor)
{
    TCase *cases = tcase_create("doctor");

    tcase_add_test(cases, test_findings);
    tcase_add_loop_test(cases, test_age, 0, (int)COUNT(ages));
    tcase_add_test(cases, test_words_in_names);
    tcase_add_loop_test(cases, test_unexplained_refusal, 0, 2);
    tcase_add_loop_test(cases, test_ping, 0, (int)COUNT(pings));
    suite_add_tcase(suite, cases);
}
