/*
 * The manual: every example is run as it stands there and must print what it shows, as those of the
 * README must, and the synopsis names the commands and options that --help does.
 *
 * The page is looked at as a reader sees it, formatted by mandoc.
 */
#include "integration/suites.h"
#include "support/scene.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM  TEST_BUILD_DIR "/syncsched"
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Where in a line of the crontab the times end and the command begins; and what times are of. */
#define CRONTAB_DIRECTORY " /usr/local/bin/"
#define CRONTAB_TIMES     "0123456789* "

enum { EXAMPLES_LEAST = 20, PROSE_INDENT = 5 };

/* ---- The page ---- */

/* Removes what makes letters bold or underlined on a line printer: "N\bN", "_\bx". */
static void strip_overstrikes(char *page)
{
    char *to = page;

    for (const char *at = page; *at != '\0'; at++) {
        if (*at == '\b')
            to--;
        else
            *to++ = *at;
    }
    *to = '\0';
}

/* The path of a file of the source tree, in a static buffer. */
static const char *source_path(const char *name)
{
    static char path[4096];
    const char *source = getenv("SYNCSCHED_SOURCE");

    snprintf(path, sizeof path, "%s/%s", source != NULL ? source : ".", name);
    return path;
}

/* The lines under a heading, which the caller frees. The width keeps mandoc from breaking any. */
static char *read_section(const char *heading)
{
    const char *path = source_path("man/syncsched.1");
    char line[64];
    const char *const argv[] = {"mandoc", "-Tascii", "-Owidth=1000", path, NULL};
    struct program_result result;
    char *section;
    char *start;

    result = program_run(argv, NULL);
    ck_assert_msg(result.status == 0, "%s", result.err);
    strip_overstrikes(result.out);
    snprintf(line, sizeof line, "\n%s\n", heading);
    start = strstr(result.out, line);
    ck_assert_msg(start != NULL, "%s has no section %s", path, heading);
    start += strlen(line);
    for (char *at = start; (at = strchr(at, '\n')) != NULL; at++) {
        if (at[1] != ' ' && at[1] != '\n') {
            at[1] = '\0'; /* the next heading, or the page's last line */
            break;
        }
    }
    section = strdup(start);
    ck_assert_ptr_nonnull(section);
    program_result_free(&result);
    return section;
}

/* ---- Examples ---- */

struct example {
    struct text command;
    struct text output; /* as shown; empty where the manual shows none */
    bool is_crontab;
};

static void example_free(struct example *example)
{
    text_free(&example->command);
    text_free(&example->output);
}

/* The line at *at without its line end; goes on to the next one. */
static size_t take_line(const char **at)
{
    size_t length = strcspn(*at, "\n");

    *at += length + ((*at)[length] != '\0' ? 1 : 0);
    return length;
}

/* Appends the lines of the display down to the next command; indent is the display's. */
static void take_output(const char **at, size_t indent, struct text *output)
{
    while (**at != '\0') {
        const char *line = *at;
        size_t blanks = strspn(line, " ");
        bool is_command = blanks == indent && strncmp(line + blanks, "$ ", 2) == 0;

        if ((blanks < indent && line[blanks] != '\n') || is_command)
            break;
        line += blanks < indent ? blanks : indent;
        take_line(at);
        text_append(output, line, (size_t)(*at - line));
    }
    while (output->length > 0 && output->data[output->length - 1] == '\n' &&
           (output->length == 1 || output->data[output->length - 2] == '\n'))
        output->data[--output->length] = '\0'; /* the blank line behind the display */
}

/* The command that begins at line: all of it, should it go on behind a "|". */
static void take_command(const char *line, size_t length, const char **at, struct text *command)
{
    text_append(command, line, length);
    while (command->data[command->length - 1] == '|' && **at != '\0') {
        line = *at;
        length = take_line(at);
        text_append(command, line, length);
    }
}

/* Reads on to the next example; false at the end. */
static bool take_example(const char **at, struct example *example)
{
    *example = (struct example){0};
    while (**at != '\0') {
        const char *line = *at;
        size_t indent = strspn(line, " ");
        size_t length = take_line(at) - indent;

        line += indent;
        example->is_crontab = length > 0 && strspn(line, CRONTAB_TIMES) >= strlen("* * * * *");
        if (example->is_crontab) {
            static const char sleep[] = " sleep 30;"; /* not by a test */
            size_t times = strspn(line, CRONTAB_TIMES) - 1;
            size_t start;

            if (strncmp(line + times, sleep, strlen(sleep)) == 0)
                times += strlen(sleep);
            start = times + strlen(CRONTAB_DIRECTORY);

            ck_assert_msg(strncmp(line + times, CRONTAB_DIRECTORY, start - times) == 0,
                          "not installed: %.80s", line);
            text_append(&example->command, line + start, length - start);
            return true;
        }
        if (strncmp(line, "$ ", 2) == 0) {
            take_command(line + 2, length - 2, at, &example->command);
            take_output(at, indent, &example->output);
            return true;
        }
        ck_assert_msg(length == 0 || indent == PROSE_INDENT, "printed by no command: %.80s", line);
    }
    return false;
}

/* "PATH=..." with the program's directory first, in a static buffer. */
static const char *path_variable(void)
{
    static char variable[8192];
    char *directory = realpath(TEST_BUILD_DIR, NULL);

    ck_assert_msg(directory != NULL, "no directory %s", TEST_BUILD_DIR);
    snprintf(variable, sizeof variable, "PATH=%s:%s", directory, getenv("PATH"));
    free(directory);
    return variable;
}

/* Runs it with database and function; exit status 1 is right where it shows what is not valid. */
static void example_run(const struct example *example)
{
    const char *command = example->command.data;
    const char *shown = text_string(&example->output);
    bool is_invalid =
        strstr(shown, "  invalid: ") != NULL || strstr(shown, "\"valid\":false") != NULL;
    const char *const argv[] = {"sh", "-c", command, NULL};
    char url[200];
    const char *const env[] = {path_variable(),
                               url,
                               "SUPABASE_SERVICE_ROLE_KEY=" SCENE_KEY,
                               "SUPABASE_SECRET_KEY",
                               "SUPABASE_DB_URL",
                               "SYNCSCHED_FUNCTION",
                               "SYNCSCHED_FUNCTION_URL",
                               "TZDIR",
                               NULL};
    struct program_result result;

    snprintf(url, sizeof url, "SUPABASE_URL=%s", function_url(scene_function()));
    result = program_run(argv, env);
    ck_assert_msg(result.status == (is_invalid ? 1 : 0), "exit status %d of: %s\n%s%s",
                  result.status, command, result.out, result.err);
    ck_assert_msg(strstr(result.err, "syncsched: ") == NULL, "%s\nsays: %s", command, result.err);
    ck_assert_msg(*shown == '\0' || strcmp(result.out, shown) == 0,
                  "%s\nprints:\n%s\nand the manual shows:\n%s", command, result.out, shown);
    program_result_free(&result);
}

START_TEST(test_examples)
{
    char *section = read_section("EXAMPLES");
    const char *at = section;
    struct example example;
    int examples = 0;
    int crontabs = 0;

    scene_seed(1, 1, "0 2 * * *"); /* what the examples of due, run and psql show */
    for (; take_example(&at, &example); example_free(&example)) {
        example_run(&example);
        examples++;
        crontabs += example.is_crontab ? 1 : 0;
    }
    ck_assert_int_ge(examples, EXAMPLES_LEAST);
    ck_assert_int_eq(crontabs, 4);
    free(section);
}
END_TEST

/* Covers: the expressions that surprise people are shown, as text and as JSON, with their output. */
START_TEST(test_surprises)
{
    static const char *const expressions[] = {"'0 2 31 * *'", "'0 0 30 2 *'",
                                              "'30 2 * * *' --timezone Europe/Oslo", "'0 0 13 * 5'",
                                              "'*/7 * * * *'"};
    char *section = read_section("EXAMPLES");
    const char *at = section;
    struct example example;
    int shown[COUNT(expressions)][2] = {{0}};

    for (; take_example(&at, &example); example_free(&example)) {
        bool is_json = strstr(text_string(&example.command), " --json") != NULL;

        for (size_t i = 0; i < COUNT(expressions); i++)
            if (strstr(text_string(&example.command), expressions[i]) != NULL &&
                example.output.length > 0)
                shown[i][is_json]++;
    }
    for (size_t i = 0; i < COUNT(expressions); i++)
        ck_assert_msg(shown[i][false] == 1 && shown[i][true] == 1, "not shown twice: %s",
                      expressions[i]);
    free(section);
}
END_TEST

/* Covers: what the README shows of a command's output. */
START_TEST(test_readme)
{
    const char *const argv[] = {"cat", source_path("README.md"), NULL};
    struct program_result readme = program_run(argv, NULL);
    int examples = 0;

    ck_assert_int_eq(readme.status, 0);
    for (const char *found = readme.out; (found = strstr(found, "\n    $ ")) != NULL; examples++) {
        const char *end = strstr(++found, "\n\n");
        char *display = strndup(found, (size_t)(end != NULL ? end + 1 - found : 0));
        const char *at = display;
        struct example example;

        ck_assert(take_example(&at, &example));
        ck_assert_uint_gt(example.output.length, 0);
        example_run(&example);
        example_free(&example);
        free(display);
    }
    ck_assert_int_ge(examples, 1);
    program_result_free(&readme);
}
END_TEST

/* ---- The synopsis ---- */

static char *read_help(const char *command)
{
    const char *const argv[] = {PROGRAM, command, *command != '\0' ? "--help" : NULL, NULL};
    const char *const overview[] = {PROGRAM, "--help", NULL};
    struct program_result result = program_run(*command != '\0' ? argv : overview, NULL);

    ck_assert_int_eq(result.status, 0);
    free(result.err);
    return result.out;
}

/* Whether the synopsis has the option, with or without brackets around it. */
static bool has_option(const char *usage, const char *option)
{
    for (const char *at = usage; (at = strstr(at, option)) != NULL; at++)
        if (strchr(" ]", at[strlen(option)]) != NULL)
            return true;
    return false;
}

/* Checks a command's line in the synopsis, "     syncsched run [--at time] ...", against --help. */
static void assert_synopsis(const char *synopsis, const char *command)
{
    char *help = read_help(command);
    char start[64];
    const char *line;
    char *usage;
    int options = 0;

    snprintf(start, sizeof start, "     syncsched %s ", command);
    line = strstr(synopsis, start);
    ck_assert_msg(line != NULL, "the synopsis lacks %s", command);
    usage = strndup(line, strcspn(line, "\n"));
    for (const char *at = help; (at = strstr(at, "\n  --")) != NULL; at++) {
        char name[32];
        char option[40];

        ck_assert_int_eq(sscanf(at, " --%30[a-z-]", name), 1);
        if (strcmp(name, "help") == 0 || strcmp(name, "version") == 0)
            continue;
        snprintf(option, sizeof option, "--%s", name);
        ck_assert_msg(has_option(usage, option), "%s: the synopsis lacks --%s", command, name);
        options++;
    }
    for (const char *at = usage; (at = strstr(at, "--")) != NULL; at += 2)
        options--;
    ck_assert_msg(options == 0, "%s has fewer options than: %s", command, usage);
    free(usage);
    free(help);
}

START_TEST(test_synopsis)
{
    char *synopsis = read_section("SYNOPSIS");
    char *overview = read_help("");
    int commands = 0;

    for (const char *at = overview; (at = strstr(at, "\n  ")) != NULL; at++) {
        char command[32];

        ck_assert_int_eq(sscanf(at, " %31[a-z-]", command), 1);
        assert_synopsis(synopsis, command);
        commands++;
    }
    for (const char *at = synopsis; (at = strstr(at, "     syncsched ")) != NULL; at++)
        commands--;
    ck_assert_int_eq(commands, -1); /* the last line, --help and --version, is no command's */
    free(overview);
    free(synopsis);
}
END_TEST

Suite *suite_manual(void)
{
    Suite *suite = suite_create("manual");
    TCase *alone = tcase_create("manual-alone");
    TCase *database = tcase_create("manual-database");

    tcase_set_timeout(alone, 60);
    tcase_add_test(alone, test_surprises);
    tcase_add_test(alone, test_synopsis);
    suite_add_tcase(suite, alone);
    tcase_set_timeout(database, 120);
    tcase_add_checked_fixture(database, scene_open, scene_close);
    tcase_add_test(database, test_examples);
    tcase_add_test(database, test_readme);
    suite_add_tcase(suite, database);
    return suite;
}
