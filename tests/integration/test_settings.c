/*
 * Settings through the real program: what describes a single call is no setting, an unknown name is
 * named, the last line of a file wins, and the doctor lists all settings.
 */
#include "integration/documents.h"
#include "support/json_schema.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static char path[64];

static void open_scene(void)
{
    int fd;

    scene_open();
    strcpy(path, "/tmp/syncsched-test-settings-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void close_scene(void)
{
    unlink(path);
    scene_close();
}

/* Runs a line of shell, "$0" being the program and "$1" the configuration file. */
static struct program_result run_line(const char *line, const char *variable)
{
    const char *const argv[] = {"sh", "-c", line, scene_program(), path, NULL};
    const char *const env[] = {"SUPABASE_DB_URL", variable, NULL};

    return program_run(argv, env);
}

/* How often part is in text. */
static int count_of(const char *text, const char *part)
{
    int count = 0;

    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        count++;
    return count;
}

/* ---- What describes a single call ---- */

static const struct {
    const char *variable;
    const char *hint;
} single_calls[] = {
    {"SYNCSCHED_DRY_RUN=1", "(give it as the option --dry-run)"},
    {"SYNCSCHED_DRY_RUN=perhaps", "(give it as the option --dry-run)"},
    {"SYNCSCHED_AT=2024-05-01T02:00Z", "(give it as the option --at)"},
    {"SYNCSCHED_RETRY_FAILED=1", "(give it as the option --retry-failed)"},
};

/* Covers: none of them stops the scheduler or points it elsewhere, from the environment or a file. */
START_TEST(test_tick_goes_on)
{
    const char *variable = single_calls[_i % (int)COUNT(single_calls)].variable;
    bool is_in_file = _i >= (int)COUNT(single_calls);
    char options[100] = "";
    char name[64];
    struct scene_tick tick;

    snprintf(name, sizeof name, ": %.*s is not a setting", (int)strcspn(variable, "="), variable);
    if (is_in_file) {
        scene_write_file(path, variable);
        snprintf(options, sizeof options, "--config %s", path);
    } else {
        scene_set_variable(variable);
    }
    scene_seed(1, 1, scene_minute_cron(scene_settle(5000)));
    tick = scene_run(options);
    scene_check(&tick, 1, 0, 0, 0);
    ck_assert_int_eq(scene_count("completed"), 1);
    ck_assert_msg(count_of(tick.err, name) == 1, "%s", tick.err);
    ck_assert_ptr_nonnull(strstr(tick.err, single_calls[_i % (int)COUNT(single_calls)].hint));
    scene_tick_free(&tick);
}
END_TEST

/* Covers: a time for one command is not taken for another's, or for the first one's later calls. */
START_TEST(test_from)
{
    struct program_result result =
        run_line("exec \"$0\" audit --config /dev/null", "SYNCSCHED_FROM=2024-05-01T00:00Z");

    ck_assert_int_eq(result.status, 2);
    ck_assert_ptr_nonnull(strstr(result.err, "SYNCSCHED_FROM is not a setting"));
    ck_assert_ptr_nonnull(strstr(result.err, "error: --from is needed"));
    program_result_free(&result);
    result = run_line("exec \"$0\" check-cron --config /dev/null --count 1 '0 2 * * *'",
                      "SYNCSCHED_FROM=2");
    ck_assert_int_eq(result.status, 0);
    ck_assert_ptr_nonnull(strstr(result.err, "SYNCSCHED_FROM is not a setting"));
    program_result_free(&result);
}
END_TEST

/* Covers: every option of --help has a setting in the sample configuration, or is none. */
START_TEST(test_every_option)
{
    char *options = documents_shell(
        "for command in $(\"$0\" --help | sed -nE 's/^  ([a-z-]+) +.*$/\\1/p'); do"
        " \"$0\" $command --help | sed -nE 's/^  --([a-z-]+) .*$/\\1/p'; done | sort -u |"
        " while read -r option; do"
        "  name=SYNCSCHED_$(echo $option | tr a-z- A-Z_);"
        "  grep -q \"^#$name=\" scripts/share/syncsched.conf || echo $name;"
        " done",
        "");
    int count = 0;

    for (char *rest = options, *name; (name = strsep(&rest, "\n")) != NULL;) {
        char variable[64];
        char message[100];
        struct program_result result;

        if (*name == '\0')
            continue;
        snprintf(variable, sizeof variable, "%s=nonsense", name);
        snprintf(message, sizeof message, "syncsched: warning: %s is not a setting", name);
        result = run_line("exec \"$0\" check-cron --config /dev/null '0 2 * * *'", variable);
        ck_assert_msg(result.status == 0 && count_of(result.err, message) == 1, "%s: %s", name,
                      result.err);
        program_result_free(&result);
        count++;
    }
    ck_assert_int_ge(count, 15);
    free(options);
}
END_TEST

/* ---- Names that nobody knows ---- */

static const struct {
    const char *variable;
    const char *hint; /* NULL: none */
} strangers[] = {
    {"SYNCSCHED_BUGDET=40s", "did you mean SYNCSCHED_BUDGET?"},
    {"SYNCSCHED_CATCHUP=1h", "did you mean SYNCSCHED_CATCH_UP?"},
    {"SYNCSCHED_budget=40s", "did you mean SYNCSCHED_BUDGET?"},
    {"SYNCSCHED_DRYRUN=1", "give it as the option --dry-run"},
    {"SYNCSCHED_HEALTH_URL_XLEGDER=https://a", "did you mean SYNCSCHED_HEALTH_URL_XLEDGER?"},
    {"SYNCSCHED_QQQQQQQQQQQQQQQQQQQQ=1", NULL},
};

/* Covers: a warning for each, once, also where it is in the file twice and in the environment. */
START_TEST(test_unknown_name)
{
    const char *variable = strangers[_i].variable;
    struct program_result result;
    char text[200];
    char message[100];

    snprintf(text, sizeof text, "%s\n%s\n", variable, variable);
    snprintf(message, sizeof message, "syncsched: warning: %.*s is not a setting",
             (int)strcspn(variable, "="), variable);
    scene_write_file(path, text);
    for (int i = 0; i < 3; i++) {
        result = run_line(i == 0 ? "exec \"$0\" due --config /dev/null"
                                 : "exec \"$0\" due --config \"$1\"",
                          i == 1 ? NULL : variable);
        ck_assert_int_eq(result.status, 0);
        ck_assert_str_eq(result.out, "[]\n");
        ck_assert_msg(count_of(result.err, message) == 1 && count_of(result.err, "\n") == 1, "%s",
                      result.err);
        if (strangers[_i].hint != NULL)
            ck_assert_ptr_nonnull(strstr(result.err, strangers[_i].hint));
        else
            ck_assert_ptr_null(strchr(result.err, '('));
        program_result_free(&result);
    }
}
END_TEST

/* Covers: it is one line of JSON where that was asked for, wherever it was. */
START_TEST(test_unknown_name_as_json)
{
    struct program_result result;

    scene_write_file(path, "SYNCSCHED_BUGDET=\"\\\"\"\nSYNCSCHED_LOG_FORMAT=json\n");
    result = run_line("exec \"$0\" due --config \"$1\"", NULL);
    ck_assert_int_eq(result.status, 0);
    ck_assert_int_eq(count_of(result.err, "\n"), 1);
    json_schema_check("log", result.err);
    ck_assert_ptr_nonnull(strstr(result.err, "did you mean SYNCSCHED_BUDGET?"));
    program_result_free(&result);
}
END_TEST

/* Covers: what is empty is not set, and names of others are left alone. */
START_TEST(test_no_warning)
{
    struct program_result result;

    scene_write_file(path, "SYNCSCHED_AT=\nSYNCSCHED_BUGDET=\nTHEIRS=1\nsyncsched_x=1\n");
    result = run_line("exec \"$0\" due --config \"$1\"", "SYNCSCHED_DRY_RUN=");
    ck_assert_int_eq(result.status, 0);
    ck_assert_str_eq(result.err, "");
    program_result_free(&result);
}
END_TEST

/* ---- The last line of a file ---- */

/* Covers: libpq's own variables, too. */
START_TEST(test_last_line)
{
    struct program_result result;
    char text[300];

    snprintf(text, sizeof text, "PGHOST=/nonexistent\nPGHOST=%s\n", getenv("PGHOST"));
    scene_write_file(path, text);
    result = run_line("unset PGHOST; exec \"$0\" due --config \"$1\"", NULL);
    ck_assert_msg(result.status == 0, "%s", result.err);
    program_result_free(&result);
    snprintf(text, sizeof text, "PGHOST=%s\nPGHOST=/nonexistent\n", getenv("PGHOST"));
    scene_write_file(path, text);
    result = run_line("unset PGHOST; exec \"$0\" due --config \"$1\"", NULL);
    ck_assert_msg(result.status == 3, "%s", result.err);
    program_result_free(&result);
}
END_TEST

/* ---- What the doctor lists ---- */

/* Covers: each setting of the sample configuration, with its value only where it is no secret. */
START_TEST(test_doctor_lists)
{
    char *names =
        documents_shell("sed -nE 's/^#([A-Z_]+)=.*/\\1/p' scripts/share/syncsched.conf", "");
    int count = 0;

    for (char *rest = names, *name; (name = strsep(&rest, "\n")) != NULL;) {
        char variable[100];
        char line[200];
        struct program_result result;

        if (*name == '\0')
            continue;
        snprintf(variable, sizeof variable, "%s=https://u:hush@h/", name);
        snprintf(line, sizeof line,
                 "\"$0\" doctor --config /dev/null --json 2>&1 | grep -oE"
                 " 'from the environment: [^\"]*%s[=,\"]'",
                 name);
        result = run_line(line, variable);
        ck_assert_msg(result.status == 0, "%s is not listed", name);
        if (strstr(name, "URL") != NULL || strstr(name, "KEY") != NULL ||
            strstr(name, "PROXY") != NULL)
            ck_assert_msg(strstr(result.out, "hush") == NULL, "%s", result.out);
        program_result_free(&result);
        count++;
    }
    ck_assert_int_ge(count, 28);
    free(names);
}
END_TEST

SUITE(settings)
{
    TCase *cases = tcase_create("settings");

    tcase_add_checked_fixture(cases, open_scene, close_scene);
    tcase_add_loop_test(cases, test_tick_goes_on, 0, 2 * (int)COUNT(single_calls));
    tcase_add_test(cases, test_from);
    tcase_add_test(cases, test_every_option);
    tcase_add_loop_test(cases, test_unknown_name, 0, (int)COUNT(strangers));
    tcase_add_test(cases, test_unknown_name_as_json);
    tcase_add_test(cases, test_no_warning);
    tcase_add_test(cases, test_last_line);
    tcase_add_test(cases, test_doctor_lists);
    suite_add_tcase(suite, cases);
}
