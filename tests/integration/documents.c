#include "integration/documents.h"

#include "support/program.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM TEST_BUILD_DIR "/syncsched"

static const char *documents_source(void)
{
    const char *source = getenv("TEST_SOURCE");

    return source != NULL ? source : ".";
}

const char *documents_path(const char *name)
{
    static char path[4096];

    snprintf(path, sizeof path, "%s/%s", documents_source(), name);
    return path;
}

/* Removes what makes letters bold or underlined on a line printer: "N\bN", "_\bx". */
static void documents_strip_overstrikes(char *page)
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

char *documents_page(const char *name)
{
    /* The width keeps mandoc from breaking any line. */
    const char *const argv[] = {"mandoc", "-Tascii", "-Owidth=1000", documents_path(name), NULL};
    struct program_result result = program_run(argv, NULL);

    ck_assert_msg(result.status == 0, "%s", result.err);
    documents_strip_overstrikes(result.out);
    free(result.err);
    return result.out;
}

char *documents_section(const char *name, const char *heading)
{
    char *page = documents_page(name);
    char line[64];
    char *section;
    char *start;

    snprintf(line, sizeof line, "\n%s\n", heading);
    start = strstr(page, line);
    ck_assert_msg(start != NULL, "%s has no section %s", name, heading);
    start += strlen(line);
    for (char *at = start; (at = strchr(at, '\n')) != NULL; at++) {
        if (at[1] != ' ' && at[1] != '\n') {
            at[1] = '\0'; /* the next heading, or the page's last line */
            break;
        }
    }
    section = strdup(start);
    ck_assert_ptr_nonnull(section);
    free(page);
    return section;
}

char *documents_help(const char *command)
{
    const char *const argv[] = {PROGRAM, command, "--help", NULL};
    const char *const overview[] = {PROGRAM, "--help", NULL};
    struct program_result result = program_run(*command != '\0' ? argv : overview, NULL);

    ck_assert_int_eq(result.status, 0);
    free(result.err);
    return result.out;
}

char *documents_shell(const char *line, const char *argument)
{
    char *program = realpath(PROGRAM, NULL);
    char *inside = NULL;
    struct program_result result;
    size_t size = strlen(line) + 4200;

    ck_assert_ptr_nonnull(program);
    inside = malloc(size);
    ck_assert_ptr_nonnull(inside);
    snprintf(inside, size, "cd '%s' && { %s; }", documents_source(), line);
    result = program_run((const char *const[]){"sh", "-c", inside, program, argument, NULL}, NULL);
    ck_assert_msg(result.status == 0, "exit status %d of: %s\n%s%s", result.status, line,
                  result.out, result.err);
    free(result.err);
    free(inside);
    free(program);
    return result.out;
}

char *documents_commands(void)
{
    return documents_shell("\"$0\" --help | sed -nE 's/^  ([a-z-]+) +.*$/\\1/p'", "");
}
