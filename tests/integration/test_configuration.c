/*
 * The example configuration, scripts/share/syncsched.conf: as it stands it sets nothing, and each of its
 * lines holds what the program takes once its comment sign is gone. It is made of the
 * table of settings.
 */
#include "integration/documents.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];

static void write_configuration(const char *text)
{
    int fd;

    strcpy(path, "/tmp/syncsched-test-configuration-XXXXXX");
    fd = mkstemp(path); /* nobody else may read it */
    ck_assert_int_ge(fd, 0);
    close(fd);
    scene_write_file(path, text);
}

/* Runs the program's words with this configuration; all is well, and nothing is said of it. */
static void assert_taken(const char *words, const char *text)
{
    char line[200];
    char url[200];
    const char *const argv[] = {"sh", "-c", line, scene_program(), path, NULL};
    /* What would lead elsewhere: the environment's counts. */
    const char *const env[] = {url, "SUPABASE_DB_URL=postgresql://", "PGSSLMODE=prefer",
                               "SYNCSCHED_HEALTH_PASSIVE=xledger,dynamics,bufdir", NULL};
    struct program_result result;

    write_configuration(text);
    snprintf(line, sizeof line, "exec \"$0\" %s --config \"$1\"", words);
    snprintf(url, sizeof url, "SUPABASE_URL=%s", function_url(scene_function()));
    result = program_run(argv, env);
    unlink(path);
    ck_assert_msg(result.status == 0 && *result.err == '\0', "%s with %s\nends with %d: %s", words,
                  text, result.status, result.err);
    program_result_free(&result);
}

/* The words of a command that asks for this setting and makes no call. */
static const char *words_for(const char *setting)
{
    if (strncmp(setting, "SYNCSCHED_HEALTH_", 17) == 0)
        return "health --probe"; /* of types that are passive */
    if (strncmp(setting, "SYNCSCHED_OLDER_THAN=", 21) == 0)
        return "prune --dry-run";
    return "run --dry-run";
}

/* A line with its comment sign taken off, where that makes a setting of it. */
static bool is_setting(const char *line)
{
    size_t name = *line == '#' ? strspn(line + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") : 0;

    return name > 0 && line[1 + name] == '=';
}

/* Each setting by itself, with a key beside it: some exclude each other. */
START_TEST(test_each_line)
{
    char *lines = documents_shell("cat scripts/share/syncsched.conf", "");
    int settings = 0;

    /* Something ticks, and there is an integration which is never due: health wants both. */
    testdb_exec("INSERT INTO sync_trigger_state VALUES ('cron', 'here', now())");
    scene_seed(1, 1, "0 0 30 2 *");
    for (char *rest = lines, *line; (line = strsep(&rest, "\n")) != NULL;) {
        char text[400];

        ck_assert_msg(*line == '\0' || *line == '#', "it is set: %s", line);
        if (!is_setting(line) || strstr(line, "_KEY_FILE=") != NULL) /* it is not there */
            continue;
        snprintf(text, sizeof text, "%s\nSUPABASE_SECRET_KEY=sb_secret_0123456789\n", line + 1);
        assert_taken(words_for(line + 1), text);
        settings++;
    }
    ck_assert_int_ge(settings, 29);
    free(lines);
}
END_TEST

/* Covers: all of it at once is read, as is what the manual shows; no command asks for it all. */
START_TEST(test_whole_file)
{
    char *commented = documents_shell("cat scripts/share/syncsched.conf", "");
    char *set = documents_shell("sed -E 's/^#([A-Z_]+=)/\\1/' scripts/share/syncsched.conf", "");
    char *shown = documents_section("man/syncsched.conf.5", "EXAMPLES");
    char *example = strstr(shown, "SUPABASE_DB_URL=");

    ck_assert_ptr_nonnull(example);
    *strstr(example, "\n\n") = '\0';
    assert_taken("check-cron '0 2 * * *'", commented);
    assert_taken("check-cron '0 2 * * *'", set);
    assert_taken("check-cron '0 2 * * *'", example);
    free(commented);
    free(set);
    free(shown);
}
END_TEST

SUITE(configuration)
{
    TCase *database = tcase_create("configuration-database");

    tcase_add_checked_fixture(database, scene_open, scene_close);
    tcase_add_test(database, test_each_line);
    tcase_add_test(database, test_whole_file);
    suite_add_tcase(suite, database);
}
