/* SYNCSCHED_TYPES: the fourth type of integration costs a setting, and no release. */
#include "support/json_schema.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT "2024-05-01T02:00:00Z"

static void expect_said(const char *line, const char *setting, int status, const char *said)
{
    struct program_result result = scene_command(line, (const char *const[]){setting, NULL});

    ck_assert_msg(result.status == status &&
                      (strstr(result.out, said) != NULL || strstr(result.err, said) != NULL),
                  "%s: exit %d: %s%s", line, result.status, result.out, result.err);
    program_result_free(&result);
}

static void open_tripletex(void)
{
    scene_open();
    scene_seed(1, 2, "0 2 * * *");
    testdb_exec("UPDATE organization_integrations SET integration_type = 'tripletex'"
                " WHERE integration_id = '%s'",
                scene_integration(2));
}

/* Covers: without the setting it is said how to add the type, and the others are served. */
START_TEST(test_unknown)
{
    struct scene_tick tick = scene_run("--at " AT);

    scene_check(&tick, 1, 0, 0, 0);
    ck_assert_ptr_nonnull(strstr(tick.err,
                                 "integration_type \"tripletex\" is not known (it is one of"
                                 " xledger, dynamics, bufdir; SYNCSCHED_TYPES adds others)"));
    scene_tick_free(&tick);
}
END_TEST

/* Covers: with it, in each command; the known ones may be listed, too, and are there in any case. */
START_TEST(test_added)
{
    static const char *const settings[] = {"SYNCSCHED_TYPES=tripletex",
                                           "SYNCSCHED_TYPES=xledger,dynamics,bufdir,tripletex"};
    struct program_result due;
    char *called;

    scene_set_variable(settings[_i]);
    scene_expect(scene_run("--at " AT " --max-calls 2 --max-calls-xledger 1"), 2, 0, 0, 0);
    called = testdb_text("SELECT string_agg(integration_type || ' ' || status, ', '"
                         " ORDER BY integration_id) FROM sync_run_log");
    ck_assert_str_eq(called, "xledger completed, tripletex completed");
    free(called);
    due = scene_command("due --at 2024-05-02T02:00Z", (const char *const[]){settings[_i], NULL});
    ck_assert_ptr_nonnull(strstr(due.out, "\"integrationType\":\"tripletex\""));
    json_schema_check("due", due.out);
    program_result_free(&due);
    expect_said("next --hours 48", settings[_i], 0, " triplet");
    expect_said("status --all", settings[_i], 1, "tripletex");
    expect_said("health", settings[_i], 1, "2 healthy");
    expect_said("audit --from " AT " --to 2024-05-01T03:00Z --json", settings[_i], 0,
                "\"slots\":2,\"completed\":2");
}
END_TEST

static const struct {
    const char *setting;
    const char *said;
} wrongs[] = {
    {"SYNCSCHED_TYPES=Tripletex", "SYNCSCHED_TYPES: \"Tripletex\" is not a type of integration"},
    {"SYNCSCHED_TYPES=a,,b", "SYNCSCHED_TYPES: \"\" is not a type of integration"},
    {"SYNCSCHED_TYPES=a b", "SYNCSCHED_TYPES: \"a b\" is not a type of integration"},
    {"SYNCSCHED_TYPES=4shop", "SYNCSCHED_TYPES: \"4shop\" is not a type of integration"},
    {"SYNCSCHED_TYPES=a,b,c,d,e,f,g,h,i,j,k,l,m,n",
     "SYNCSCHED_TYPES: there is room for 16 types, and no more"},
};

/* Covers: a list that is none is refused before anything is read, and doctor says so. */
START_TEST(test_wrong)
{
    expect_said("due", wrongs[_i].setting, 2, wrongs[_i].said);
    expect_said("status", wrongs[_i].setting, 2, wrongs[_i].said);
    expect_said("doctor", wrongs[_i].setting, 1, wrongs[_i].said);
    ck_assert_int_eq(scene_count(NULL), 0);
}
END_TEST

SUITE(types)
{
    TCase *tcase = tcase_create("types");

    tcase_add_checked_fixture(tcase, open_tripletex, scene_close);
    tcase_add_test(tcase, test_unknown);
    tcase_add_loop_test(tcase, test_added, 0, 2);
    tcase_add_loop_test(tcase, test_wrong, 0, sizeof wrongs / sizeof *wrongs);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
}
