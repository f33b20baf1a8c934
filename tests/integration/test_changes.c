/*
 * changes, through the real program: what was in force when, as real ticks have seen it and as the
 * journal may have it, for people and for programs.
 */
#include "integration/status_scene.h"
#include "support/json_schema.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/*
 * Bakeri AS: a daily schedule from before the journal until it was moved in May 2024, disabled in June,
 * enabled again in July. Acme: one schedule that never changed; its row is gone. A text that no host
 * can read, and a name that drives terminals.
 */
static const char seed[] =
    "INSERT INTO organizations VALUES"
    " ('a0000000-0000-4000-8000-000000000002', 'Bakeri AS', 'Europe/Oslo'),"
    " ('a0000000-0000-4000-8000-000000000003', E'Acme\\x1b[2J', NULL);"
    "INSERT INTO organization_integrations VALUES"
    " ('a0000000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002', 'xledger',"
    "  '0 3 * * *');"
    "INSERT INTO sync_schedule_journal (org_id, integration_id, valid_from, schedule, valid_to)"
    " VALUES ('a0000000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',"
    "         '-infinity', '?', '2024-03-01 00:00Z'),"
    "        ('a0000000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',"
    "         '2024-03-01 00:00Z', '0 2 * * * Europe/Oslo', '2024-05-01 10:01Z'),"
    "        ('a0000000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',"
    "         '2024-05-01 10:00Z', '0 2 * * 1-5 Europe/Oslo', '2024-06-01 10:00Z'),"
    "        ('a0000000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',"
    "         '2024-07-01 10:00Z', '0 3 * * * Europe/Oslo', NULL),"
    "        ('a0000000-0000-4000-8000-000000000003', 'b0000000-0000-4000-8000-000000000003',"
    "         '2024-03-01 00:00Z', '*/5 * * * * Mars/Base', NULL)";

static void open_scene(void)
{
    testdb_create();
    status_scene_reset();
    testdb_exec("DELETE FROM organizations; %s", seed);
}

static char *read_text(const char *options, int status)
{
    static const char *const env[] = {"COLUMNS=80", NULL};
    struct program_result result;
    char line[200];

    snprintf(line, sizeof line, "changes %s", options);
    result = status_run(line, env);
    ck_assert_msg(result.status == status, "%s%s", result.out, result.err);
    free(result.err);
    return result.out;
}

#define ACME                                                                                       \
    "Acme\357\277\275[2J / ? (b0000000)\n"                                                         \
    "  since 2024-03-01 00:00: */5 * * * * Mars/Base\n"
#define BAKERI "Bakeri AS / xledger (b0000000)\n"

static const struct {
    const char *options;
    const char *said;
} periods[] = {
    {"", ACME BAKERI
     "  until 2024-03-01 01:00: not known, before there was a journal\n"
     "  since 2024-03-01 01:00 until 2024-05-01 12:01: 0 2 * * * Europe/Oslo, at 02:00\n"
     "    every day\n"
     "  since 2024-05-01 12:00 until 2024-06-01 12:00: 0 2 * * 1-5 Europe/Oslo, at\n"
     "    02:00 on Monday to Friday\n"
     "  since 2024-06-01 12:00 until 2024-07-01 12:00: no schedule\n"
     "  since 2024-07-01 12:00: 0 3 * * * Europe/Oslo, at 03:00 every day\n"},
    {"--integration bakeri/xledger --from 2024-06-15 --to 2024-06-15",
     BAKERI "  since 2024-06-01 12:00 until 2024-07-01 12:00: no schedule\n"},
    {"--org bakeri --from 2024-07-02",
     BAKERI "  since 2024-07-01 12:00: 0 3 * * * Europe/Oslo, at 03:00 every day\n"},
    {"--org bakeri --to 2024-02-01",
     BAKERI "  until 2024-03-01 01:00: not known, before there was a journal\n"},
    {"--org a0000000-0000-4000-8000-000000000003", ACME},
};

/* Covers: names, local times, words; a period; what was disabled; what is hostile, gone, or no zone. */
START_TEST(test_text)
{
    char *said;

    open_scene();
    for (size_t i = 0; i < COUNT(periods); i++) {
        said = read_text(periods[i].options, 0);
        ck_assert_str_eq(said, periods[i].said);
        free(said);
    }
    free(read_text("--from 2024-06-15 --to 2024-06-14", 2));
    free(read_text("--org nobody", 2));
    testdb_drop();
}
END_TEST

/* Covers: the same for programs. */
START_TEST(test_json)
{
    static const char *const expected[] = {
        "\"kind\":\"unknown\",\"from\":null,\"to\":\"2024-03-01T00:00:00Z\",\"schedule\":null,",
        "\"kind\":\"schedule\",\"from\":\"2024-05-01T10:00:00Z\",\"to\":\"2024-06-01T10:00:00Z\","
        "\"schedule\":\"0 2 * * 1-5\",\"timezone\":\"Europe/Oslo\",\"description\":\"at 02:00 on"
        " Monday to Friday\"}",
        "\"kind\":\"none\",\"from\":\"2024-06-01T10:00:00Z\",\"to\":\"2024-07-01T10:00:00Z\","
        "\"schedule\":null,\"timezone\":\"Europe/Oslo\",\"description\":null}",
        "\"kind\":\"schedule\",\"from\":\"2024-07-01T10:00:00Z\",\"to\":null,",
        "\"schedule\":\"*/5 * * * *\",\"timezone\":\"Mars/Base\",\"description\":null}",
    };
    char *said;

    open_scene();
    said = read_text("--json", 0);
    json_schema_check("changes", said);
    for (size_t i = 0; i < COUNT(expected); i++)
        ck_assert_msg(strstr(said, expected[i]) != NULL, "%s\n%s", expected[i], said);
    free(said);
    testdb_drop();
}
END_TEST

/* Covers: what real ticks see of an edit, of a disabling, and of its end. */
START_TEST(test_ticks)
{
    static const char *const edits[] = {
        "UPDATE organization_integrations SET cron_schedule = '0 0 30 2 *'",
        "UPDATE organization_integrations SET cron_schedule = '0 0 31 2 *'",
        "UPDATE organization_integrations SET is_enabled = false",
    };
    char *said;

    scene_open();
    scene_seed(1, 1, "0 0 29 2 *");
    scene_expect(scene_run(""), 0, 0, 0, 0);
    for (size_t i = 0; i < COUNT(edits); i++) {
        testdb_exec("%s", edits[i]);
        testdb_exec(
            "UPDATE sync_schedule_state SET mark = mark - interval '2 hours';"
            " UPDATE sync_schedule_journal SET valid_from = valid_from - interval '2 hours',"
            " valid_to = valid_to - interval '2 hours'");
        scene_expect(scene_run(""), 0, 0, 0, 0);
    }
    said = read_text("", 0);
    ck_assert_ptr_eq(strstr(said, "Nordlys / xledger (10000000)\n  since "), said);
    ck_assert_msg(strstr(said, ": 0 0 29 2 * UTC, at 00:00 on") != NULL, "%s", said);
    ck_assert_ptr_nonnull(strstr(said, ": 0 0 30 2 * UTC"));
    ck_assert_ptr_nonnull(strstr(said, ": 0 0 31 2 * UTC"));
    ck_assert_str_eq(said + strlen(said) - strlen(": no schedule\n"), ": no schedule\n");
    free(said);
    scene_close();
}
END_TEST

SUITE(changes)
{
    TCase *changes = tcase_create("changes");

    tcase_add_test(changes, test_text);
    tcase_add_test(changes, test_json);
    tcase_add_test(changes, test_ticks);
    suite_add_tcase(suite, changes);
}
