/*
 * What people call an organisation and an integration, and days, through the real program: found,
 * several, none, in every command that takes them.
 */
#include "integration/status_scene.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

#define ACME_X "c1000000-0000-4000-8000-000000000001"
#define ACME_B "c2000000-0000-4000-8000-000000000001"
#define ACME_D "c2000000-0000-4000-8000-000000000002"
#define BLAA_X "c3000000-0000-4000-8000-000000000001"
#define BLAB_X "c4000000-0000-4000-8000-000000000001"
#define NORD_X "c5000000-0000-4000-8000-000000000001"
#define ODD_X  "c6000000-0000-4000-8000-000000000001"

static const char seed[] =
    "INSERT INTO organizations VALUES"
    " ('d1000000-0000-4000-8000-000000000001', 'Acme', 'Europe/Oslo'),"
    " ('d1000000-0000-4000-8000-000000000002', 'Acme Nord', NULL),"
    " ('d2000000-0000-4000-8000-000000000001', 'Bl\xC3\xA5klokken Barnehage SA', NULL),"
    " ('d3000000-0000-4000-8000-000000000001', 'BL\xC3\x85"
    "B\xC3\x86R', NULL),"
    " ('d4000000-0000-4000-8000-000000000001', 'Nord A/S', NULL),"
    " ('d5000000-0000-4000-8000-000000000001', E'50%_\\\\\\'\"; DROP', NULL),"
    " ('d6000000-0000-4000-8000-000000000001', 'Nobody', NULL),"
    " ('d7000000-0000-4000-8000-000000000001', NULL, NULL);"
    "INSERT INTO organization_integrations VALUES"
    " ('d1000000-0000-4000-8000-000000000001', '" ACME_X "', 'xledger', '0 2 * * *'),"
    " ('d1000000-0000-4000-8000-000000000001', '" ACME_B "', 'bufdir', '0 2 * * *'),"
    " ('d1000000-0000-4000-8000-000000000001', '" ACME_D "', 'bufdir', '0 2 * * *'),"
    " ('d2000000-0000-4000-8000-000000000001', '" BLAA_X "', 'xledger', '0 2 * * *'),"
    " ('d3000000-0000-4000-8000-000000000001', '" BLAB_X "', 'xledger', '0 2 * * *'),"
    " ('d4000000-0000-4000-8000-000000000001', '" NORD_X "', 'xledger', '0 2 * * *'),"
    " ('d5000000-0000-4000-8000-000000000001', '" ODD_X "', 'xledger', '0 2 * * *'),"
    " ('d1000000-0000-4000-8000-000000000002', 'c7000000-0000-4000-8000-000000000001', 'dynamics',"
    "  '0 2 * * *');"
    "INSERT INTO sync_schedule_state VALUES" /* what was deleted */
    " ('d2000000-0000-4000-8000-000000000001', 'c9000000-0000-4000-8000-000000000001', '',"
    "  '2024-05-01T02:00Z'),"
    " ('d9000000-0000-4000-8000-000000000001', 'c9900000-0000-4000-8000-000000000001', '',"
    "  '2024-05-01T02:00Z')";

static void open_scene(void)
{
    testdb_create();
    status_scene_reset();
    testdb_exec("DELETE FROM organizations");
    testdb_exec("%s", seed);
}

/* What is asked for, and the integrations that are found, or the error. */
static const struct {
    const char *asked;
    const char *found; /* in key order of the report; NULL: refused */
    const char *said;
} cases[] = {
    {"--org d1000000-0000-4000-8000-000000000001 --integration c1", ACME_X, NULL},
    {"--org acme --integration c1", ACME_X, NULL}, /* a whole name wins */
    {"--org ACME --integration C1", ACME_X, NULL},
    {"--org d2", BLAA_X, NULL},
    {"--org D2000000-0000", BLAA_X, NULL},
    {"--org klokken", BLAA_X, NULL},
    {"--org 'BL\xC3\x85KLOKKEN BARN'", BLAA_X, NULL},
    {"--org bl\xC3\xA5"
     "b\xC3\xA6r",
     BLAB_X, NULL},
    {"--org a/s", NORD_X, NULL},
    {"--org %", ODD_X, NULL},
    {"--org _", ODD_X, NULL},
    {"--org '\\'", ODD_X, NULL},
    {"--org \"'\"", ODD_X, NULL},
    {"--org '\"; drop'", ODD_X, NULL},
    {"--integration c3", BLAA_X, NULL},
    {"--integration " BLAA_X, BLAA_X, NULL},
    {"--integration acme/xledger", ACME_X, NULL},
    {"--integration Acme/XLED", ACME_X, NULL},
    {"--integration d1000000-0000-4000-8000-000000000001/xledger", ACME_X, NULL},
    {"--integration 'nord a/s/x'", NORD_X, NULL},
    {"--integration klokken/xledger", BLAA_X, NULL}, /* and not what was deleted */
    {"--org acme --integration xledger", ACME_X, NULL},
    {"--org acme --integration acme/xledger", ACME_X, NULL},
    {"--org bl\xC3\xA5", NULL,
     "--org \"bl\xC3\xA5\" names several: BL\xC3\x85"
     "B\xC3\x86R (d3000000), "
     "Bl\xC3\xA5klokken Barnehage SA (d2000000) (write more of the name, or the beginning of the "
     "id)"},
    {"--org d1", NULL,
     "--org \"d1\" names several: Acme (d1000000-0000-4000-8000-000000000001), Acme Nord "
     "(d1000000-0000-4000-8000-000000000002) ("},
    {"--integration acme/bufdir", NULL,
     "--integration \"acme/bufdir\" names several: Acme/bufdir "
     "(c2000000-0000-4000-8000-000000000001), Acme/bufdir (c2000000-0000-4000-8000-000000000002)"},
    {"--integration c", NULL, "names several: "},
    {"--integration /", NULL, "lacks the organisation or the type (write it as ORG/TYPE"},
    {"--integration acme/", NULL, "lacks the organisation or the type (write it as ORG/TYPE"},
    {"--integration klokken/dynamics", NULL,
     "no integration has \"klokken/dynamics\" as its id or as ORG/TYPE (syncsched status"},
    {"--integration xledger", NULL, "no integration has \"xledger\""},
    {"--org klokken --integration c1", NULL, "no integration of that organisation has \"c1\""},
    {"--org xyz", NULL, "no organisation has \"xyz\" in its name or as its id (syncsched status"},
    {"--org nobody", NULL, "no integration has the ids of --org and --integration ("},
    {"--org ''", NULL, "--org: it is empty"},
    {"--org \"$(printf '\\377')\"", NULL, "--org: it is not UTF-8"},
    {"--integration c99", NULL, "it was deleted (syncsched audit"},
    {"--org d9", NULL, "it was deleted (syncsched audit"},
};

/* Whether JSON speaks of this integration and of no other. */
static bool speaks_of(const char *json, const char *id)
{
    static const char key[] = "\"integrationId\":\"";
    const char *at = strstr(json, key);
    bool is_right = at != NULL;

    for (; at != NULL; at = strstr(at + 1, key))
        is_right = is_right && strncmp(at + strlen(key), id, strlen(id)) == 0;
    return is_right;
}

static void expect_found(const char *command, size_t n)
{
    struct program_result result;
    char line[300];

    snprintf(line, sizeof line, "%s --json %s", command, cases[n].asked);
    result = status_run(line, NULL);
    if (cases[n].found != NULL)
        ck_assert_msg(result.status <= 1 && speaks_of(result.out, cases[n].found),
                      "%s: exit %d: %s%s", line, result.status, result.err, result.out);
    else
        ck_assert_msg(result.status == 2 && *result.out == '\0' &&
                          strstr(result.err, cases[n].said) != NULL,
                      "%s: exit %d: %s%s", line, result.status, result.err, result.out);
    program_result_free(&result);
}

START_TEST(test_named)
{
    expect_found("status", (size_t)_i);
}
END_TEST

/* Covers: the other commands take the same words. */
START_TEST(test_commands)
{
    static const char *const commands[] = {"health", "next"};

    for (size_t i = 0; i < COUNT(commands); i++)
        for (size_t n = 0; n < COUNT(cases); n += 3)
            expect_found(commands[i], n);
}
END_TEST

/* Covers: what is due, of what is named alone; whole ids that nothing has are an error. */
START_TEST(test_due)
{
    static const struct {
        const char *asked;
        int status;
        bool is_listed;
    } dues[] = {
        {"--org acme", 0, true},
        {"--integration klokken/xledger", 0, false},
        {"--integration c1000000-0000-4000-8000-00000000000f", 2, false},
        {"--org none", 2, false},
    };

    for (size_t i = 0; i < COUNT(dues); i++) {
        struct program_result result;
        char line[200];

        snprintf(line, sizeof line, "due --at 2026-03-01T01:00Z %s", dues[i].asked);
        result = status_run(line, NULL);
        ck_assert_msg(result.status == dues[i].status &&
                          (strstr(result.out, ACME_X) != NULL) == dues[i].is_listed &&
                          strstr(result.out, BLAA_X) == NULL,
                      "%s: %d %s%s", line, result.status, result.out, result.err);
        program_result_free(&result);
    }
}
END_TEST

/* ---- Days ---- */

/* What is asked for, and the period that is judged. */
static const struct {
    const char *asked;
    const char *period;
    const char *said;
} days[] = {
    {"--org acme --integration c1 --from 2026-03-01 --to 2026-03-02",
     "2026-02-28T23:00:00Z/2026-03-02T23:00:00Z", ""},
    {"--org klokken --from 2026-03-01 --to 2026-03-01", "2026-03-01T00:00:00Z/2026-03-02T00:00:00Z",
     ""},
    {"--from 2026-03-01T02:00+01:00 --to 2026-03-02T00:00Z",
     "2026-03-01T01:00:00Z/2026-03-02T00:00:00Z", ""},
    {"--from 2026-03-01 --to 2026-03-02", "2026-03-01T00:00:00Z/2026-03-03T00:00:00Z",
     "syncsched: warning: the organisations are in several time zones: a day begins at midnight "
     "UTC; --org takes that of one\n"},
};

START_TEST(test_days)
{
    struct program_result result;
    char period[80] = "";
    char line[200];
    json_t *document;

    snprintf(line, sizeof line, "audit --json %s", days[_i].asked);
    result = status_run(line, NULL);
    document = json_loads(result.out, 0, NULL);
    ck_assert_msg(document != NULL, "exit %d: %s", result.status, result.err);
    snprintf(period, sizeof period, "%s/%s", json_string_value(json_object_get(document, "from")),
             json_string_value(json_object_get(document, "to")));
    ck_assert_str_eq(period, days[_i].period);
    ck_assert_msg(*days[_i].said == '\0' ? strstr(result.err, "midnight") == NULL
                                         : strstr(result.err, days[_i].said) != NULL,
                  "%s", result.err);
    json_decref(document);
    program_result_free(&result);
}
END_TEST

/* Covers: where all organisations are in one zone, a day is that zone's. */
START_TEST(test_one_zone)
{
    struct program_result result;

    testdb_exec("UPDATE organizations SET timezone = '-03:30'");
    result = status_run("audit --json --from 2026-03-01 --to 2026-03-02", NULL);
    ck_assert_ptr_nonnull(strstr(result.out, "\"from\":\"2026-03-01T03:30:00Z\""));
    ck_assert_ptr_null(strstr(result.err, "midnight"));
    program_result_free(&result);
}
END_TEST

/* Covers: a deleted integration is found by the beginning of its id where its runs are of use. */
START_TEST(test_deleted)
{
    struct program_result result =
        status_run("audit --json --integration c99 --from yesterday", NULL);

    ck_assert_msg(strstr(result.out, "\"integrations\":1,") != NULL, "%s%s", result.out,
                  result.err);
    program_result_free(&result);
}
END_TEST

SUITE(names)
{
    TCase *tcase = tcase_create("names");

    tcase_add_checked_fixture(tcase, open_scene, testdb_drop);
    tcase_add_loop_test(tcase, test_named, 0, COUNT(cases));
    tcase_add_test(tcase, test_commands);
    tcase_add_test(tcase, test_due);
    tcase_add_loop_test(tcase, test_days, 0, COUNT(days));
    tcase_add_test(tcase, test_one_zone);
    tcase_add_test(tcase, test_deleted);
    suite_add_tcase(suite, tcase);
}
