/*
 * The examples of the manual: each is run as it stands there and must print what it shows, as those
 * of the README must. What the manual says of commands, options and settings is test_reference.c's.
 */
#include "integration/documents.h"
#include "support/scene.h"
#include "support/suite.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Where in a line of the crontab the times end and the command begins; and what times are of. */
#define CRONTAB_DIRECTORY " /usr/local/bin/"
#define CRONTAB_TIMES     "0123456789* "

enum { PROSE_INDENT = 5 };

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

/* Reads on to the next example; false at the end. In a section of examples nothing else is shown. */
static bool take_example(const char **at, bool is_section_of_examples, struct example *example)
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
        ck_assert_msg(!is_section_of_examples || length == 0 || indent == PROSE_INDENT,
                      "printed by no command: %.80s", line);
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

static const struct {
    const char *page;
    const char *section; /* NULL: they stand all over the page */
    int examples;        /* at least */
    int crontabs;        /* of these, lines of a crontab: exactly */
} sources[] = {
    {"man/syncsched.1", "EXAMPLES", 20, 4},
    {"man/syncsched.conf.5", NULL, 1, 0},
    {"man/syncsched.7", NULL, 17, 0},
};

START_TEST(test_examples)
{
    bool is_section = sources[_i].section != NULL;
    char *text = is_section ? documents_section(sources[_i].page, sources[_i].section)
                            : documents_page(sources[_i].page);
    const char *at = text;
    struct example example;
    int examples = 0;
    int crontabs = 0;

    scene_seed(1, 1, "0 2 * * *"); /* what the examples of due, run and psql show */
    for (; take_example(&at, is_section, &example); example_free(&example)) {
        example_run(&example);
        examples++;
        crontabs += example.is_crontab ? 1 : 0;
    }
    ck_assert_int_ge(examples, sources[_i].examples);
    ck_assert_int_eq(crontabs, sources[_i].crontabs);
    free(text);
}
END_TEST

/* Covers: the expressions that surprise people are shown, as text and as JSON, with their output. */
START_TEST(test_surprises)
{
    static const char *const expressions[] = {"'0 2 31 * *'", "'0 0 30 2 *'",
                                              "'30 2 * * *' --timezone Europe/Oslo", "'0 0 13 * 5'",
                                              "'*/7 * * * *'"};
    char *section = documents_section("man/syncsched.7", "EXAMPLES");
    const char *at = section;
    struct example example;
    int shown[COUNT(expressions)][2] = {{0}};

    for (; take_example(&at, true, &example); example_free(&example)) {
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
    const char *const argv[] = {"cat", documents_path("README.md"), NULL};
    struct program_result readme = program_run(argv, NULL);
    int examples = 0;

    ck_assert_int_eq(readme.status, 0);
    for (const char *found = readme.out; (found = strstr(found, "\n    $ ")) != NULL; examples++) {
        const char *end = strstr(++found, "\n\n");
        char *display = strndup(found, (size_t)(end != NULL ? end + 1 - found : 0));
        const char *at = display;
        struct example example;

        ck_assert(take_example(&at, true, &example));
        ck_assert_uint_gt(example.output.length, 0);
        example_run(&example);
        example_free(&example);
        free(display);
    }
    ck_assert_int_ge(examples, 1);
    program_result_free(&readme);
}
END_TEST

static const char *const pages[] = {"README.md",       "doc/costs.md",   "doc/daily.md",
                                    "doc/function.md", "doc/recipes.md", "doc/tables.md"};

/* Covers: each page is there to which another one leads. */
START_TEST(test_links)
{
    const char *const argv[] = {"cat", documents_path(pages[_i]), NULL};
    struct program_result page = program_run(argv, NULL);
    const char *folder = strchr(pages[_i], '/') != NULL ? "doc/" : "";

    ck_assert_int_eq(page.status, 0);
    for (const char *at = page.out; (at = strstr(at, "](")) != NULL;) {
        int length = (int)strcspn(at += 2, ")#");
        char name[200];

        snprintf(name, sizeof name, "%s%.*s", folder, length, at);
        ck_assert_msg(strncmp(at, "https://", 8) == 0 || access(documents_path(name), R_OK) == 0,
                      "%s leads to %s, which is not there", pages[_i], name);
    }
    program_result_free(&page);
}
END_TEST

/* Covers: the README stays short: what else there is to say has a page of its own. */
START_TEST(test_length)
{
    const char *const argv[] = {"cat", documents_path("README.md"), NULL};
    struct program_result readme = program_run(argv, NULL);
    int lines = 0;

    for (const char *at = readme.out; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    ck_assert_int_le(lines, 200);
    program_result_free(&readme);
}
END_TEST

SUITE(manual)
{
    TCase *alone = tcase_create("manual-alone");
    TCase *database = tcase_create("manual-database");

    tcase_add_test(alone, test_surprises);
    tcase_add_loop_test(alone, test_links, 0, COUNT(pages));
    tcase_add_test(alone, test_length);
    suite_add_tcase(suite, alone);
    tcase_add_checked_fixture(database, scene_open, scene_close);
    tcase_add_loop_test(database, test_examples, 0, COUNT(sources));
    tcase_add_test(database, test_readme);
    suite_add_tcase(suite, database);
}
