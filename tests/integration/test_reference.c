/*
 * What people wrote into the manual, against what the program says of itself: commands and options
 * against --help, settings and codes against the sources. Both ways: nothing is missing, and nothing
 * is told that is not there. What is made of the table of settings needs no test; the lint sees that
 * it is current.
 */
#include "integration/documents.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Commands and options ---- */

#define COMMON "db-role|config|log-format|help|version"

/* "at VALUE", "json": a line for each option of a command. */
#define HELP_OPTIONS                                                                               \
    "\"$0\" $1 --help | sed -nE 's/^  --([a-z-]+)( [A-Z]+)? .*$/\\1\\2/p' | sed 's/ .*/ VALUE/'"

/* The same of the page, for the command, in a section. */
#define PAGE_OPTIONS(wanted_section, command_line, option_line)                                    \
    "awk -v wanted=\"$1\" '"                                                                       \
    " /^\\.Sh / { section = $2 }"                                                                  \
    " section == \"SYNOPSIS\" && /^\\.Nm/ { command = \"\" }"                                      \
    " /^\\." command_line " / { command = $NF }"                                                   \
    " /^Options of every command/ { command = \"every\" }"                                         \
    " section == \"" wanted_section "\" && command == wanted &&"                                   \
    " match($0, /^\\." option_line " -/) {"                                                        \
    "   n = split(substr($0, RSTART + RLENGTH), word, \" \");"                                     \
    "   print word[1] (n > 1 ? \" VALUE\" : \"\") }' man/syncsched.1"

#define IN_DESCRIPTION PAGE_OPTIONS("DESCRIPTION", "It Cm", "It Fl")

static void assert_same(const char *what, char *help, char *page)
{
    ck_assert_msg(strcmp(help, page) == 0, "%s: --help has\n%sand the manual\n%s", what, help,
                  page);
    free(help);
    free(page);
}

/* Calls check with each command; returns how many there are. */
static int for_each_command(void (*check)(const char *command))
{
    char *commands = documents_commands();
    int count = 0;

    for (char *rest = commands, *command; (command = strsep(&rest, "\n")) != NULL;) {
        if (*command == '\0')
            continue;
        check(command);
        count++;
    }
    free(commands);
    return count;
}

/* An option that every command has stands at the end, once. */
static void check_description(const char *command)
{
    assert_same(command, documents_shell(HELP_OPTIONS " | grep -vE '^(" COMMON ")'; true", command),
                documents_shell(IN_DESCRIPTION, command));
}

START_TEST(test_options)
{
    int commands = for_each_command(check_description);

    ck_assert_int_ge(commands, 11);
    assert_same("every command",
                documents_shell("printf '%s\\n' 'db-role VALUE' 'config VALUE' 'log-format VALUE'"
                                " help version",
                                ""),
                documents_shell(IN_DESCRIPTION, "every"));
}
END_TEST

/* Covers: the page has the commands of the overview, and no others. */
START_TEST(test_commands)
{
    assert_same("the description", documents_commands(),
                documents_shell("sed -n 's/^\\.It Cm //p' man/syncsched.1", ""));
}
END_TEST

/* ---- Settings ---- */

/* The names of all settings; the sample configuration is made of the table. */
#define SETTINGS                                                                                   \
    "sed -nE 's/^#((SUPABASE|SYNCSCHED)_[A-Z_]+)=.*/\\1/p' scripts/share/syncsched.conf"           \
    " | LC_ALL=C sort"

#define NAMES_IN(file) "grep -ohE '(SUPABASE|SYNCSCHED)_[A-Z_]*[A-Z]' " file

#define ENVIRONMENT_SECTION "sed -n '/^\\.Sh ENVIRONMENT/,/^\\.Sh FILES/p' man/syncsched.1"

static void assert_same_names(const char *what, const char *program, const char *document)
{
    char *has = documents_shell(program, "");
    char *tells = documents_shell(document, "");

    ck_assert_msg(strcmp(has, tells) == 0, "the program asks for\n%sand %s tells of\n%s", has, what,
                  tells);
    ck_assert_uint_gt(strlen(has), 0);
    free(has);
    free(tells);
}

/*
 * Covers: the page about the file has all settings, and the sources ask for no others. A command of
 * --on-failure gets SYNCSCHED_SUBJECT.
 */
START_TEST(test_settings)
{
    char *strangers = documents_shell(
        "grep -rhoE '\"(SUPABASE|SYNCSCHED)_[A-Z_]*[A-Z]\"' lib --include='*.[ch]' | tr -d '\"' |"
        " sort -u | grep -vx SYNCSCHED_SUBJECT | while read -r name; do"
        " grep -q \"^#$name=\" scripts/share/syncsched.conf || echo $name; done",
        "");

    assert_same_names("syncsched.conf(5)", SETTINGS,
                      NAMES_IN("man/syncsched.conf.5") " | LC_ALL=C sort -u");
    ck_assert_str_eq(strangers, "");
    free(strangers);
}
END_TEST

/* Covers: what the program looks for in the environment by itself. Libpq's are settings. */
START_TEST(test_environment)
{
    assert_same_names("ENVIRONMENT",
                      "grep -rhoE 'getenv\\(\"[A-Z_]+\"' lib | cut -d'\"' -f2 |"
                      " grep -v '^PG' | LC_ALL=C sort -u",
                      ENVIRONMENT_SECTION
                      " | sed '1,/from the environment only/d'"
                      " | sed -n 's/^\\.It Ev //p' | tr -s ' ,' '\\n' | LC_ALL=C sort");
}
END_TEST

/* ---- Codes ---- */

/* Covers: each code that the log can hold, and its class, is explained. */
START_TEST(test_codes)
{
    char *outcomes = documents_section("man/syncsched.7", "OUTCOMES");
    char *codes = documents_shell(
        "grep -ohE '[\"'\\''][A-Z][A-Z_]{5,}[\"'\\'']' lib/call/classify.c lib/tick/worker.c"
        " lib/store/sql/claim.sql lib/store/sql/abandon.sql lib/store/sql/adopt.sql"
        " | tr -d '\"'\\' | sort -u; grep -ohE '\"(not_delivered|rejected|unknown)\"' "
        "lib/plan/outcome.c"
        " | tr -d '\"'",
        "");
    int count = 0;

    for (char *rest = codes, *code; (code = strsep(&rest, "\n")) != NULL; count++)
        ck_assert_msg(strstr(outcomes, code) != NULL, "OUTCOMES does not explain %s", code);
    ck_assert_int_ge(count, 16);
    free(codes);
    free(outcomes);
}
END_TEST

SUITE(reference)
{
    TCase *alone = tcase_create("reference-alone");

    tcase_add_test(alone, test_commands);
    tcase_add_test(alone, test_options);
    tcase_add_test(alone, test_settings);
    tcase_add_test(alone, test_environment);
    tcase_add_test(alone, test_codes);
    suite_add_tcase(suite, alone);
}
