/*
 * What the shells complete, against what the program says of itself in --help: the same commands
 * and options, with the same texts where a shell shows them, and nothing else. The shells are real:
 * bash is asked what it would offer, and keys are typed into zsh.
 */
#include "integration/documents.h"
#include "support/program.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static void assert_same(const char *what, char *help, char *shell)
{
    ck_assert_msg(strcmp(help, shell) == 0, "%s: --help has\n%sand the shell\n%s", what, help,
                  shell);
    ck_assert_uint_gt(strlen(help), 0);
    free(help);
    free(shell);
}

/* Calls check with each command. */
static void for_each_command(void (*check)(const char *command))
{
    char *commands = documents_commands();
    int count = 0;

    for (char *rest = commands, *command; (command = strsep(&rest, "\n")) != NULL; count++)
        if (*command != '\0')
            check(command);
    ck_assert_int_gt(count, 11);
    free(commands);
}

/* ---- bash ---- */

/* Completes the words "$@", the last one being where the cursor is; one offer a line. */
#define BASH_COMPLETE                                                                              \
    "source scripts/share/completion/syncsched.bash;"                                              \
    " complete_words() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _syncsched; }; "

/* The options of a command, and of each whether something else than an option is due behind it. */
static void check_bash(const char *command)
{
    assert_same(
        command,
        documents_shell("\"$0\" $1 --help | sed -nE 's/^  (--[a-z-]+)( [A-Z]+)? .*$/\\1\\2/p'"
                        " | sed 's/ .*/ VALUE/'",
                        command),
        documents_shell("bash -c '" BASH_COMPLETE
                        "complete_words syncsched \"$0\" --; for option in \"${COMPREPLY[@]}\"; do"
                        " complete_words syncsched \"$0\" \"$option\" --;"
                        " ((${#COMPREPLY[@]})) && echo \"$option\" || echo \"$option VALUE\";"
                        " done' \"$1\"",
                        command));
}

START_TEST(test_bash_options)
{
    for_each_command(check_bash);
    assert_same(
        "the commands",
        documents_shell("\"$0\" --help | sed -nE 's/^  ([a-z-]+) .*$/\\1/p';"
                        " printf '%s\\n' --help --version",
                        ""),
        documents_shell("bash -c '" BASH_COMPLETE
                        "complete_words syncsched \"\"; printf \"%s\\n\" \"${COMPREPLY[@]}\"'",
                        ""));
}
END_TEST

/* Covers: values, also behind "=", which bash makes a word of; and where nothing is offered. */
static const struct {
    const char *words;
    const char *offered;
} bash_values[] = {
    {"che", "check-cron"},
    {"--v", "--version"},
    {"run --max-a", "--max-attempts"},
    {"run --warm-up --wa", "--warm-up"},
    {"run --concurrency ''", "1 2 3 4 5"},
    {"run --concurrency = ''", "1 2 3 4 5"},
    {"run --max-attempts ''", "1 2 3 4 5 6 7 8 9 10"},
    {"due --log-format ''", "text json"},
    {"due --log-format =", "text json"},
    {"due --log-format = j", "json"},
    {"due --db-role ''", "service_role"},
    {"due --config scripts/share/completion/sync", "scripts/share/completion/syncsched.bash"},
    {"run --on-failure shop", "shopt"},
    {"check-cron --timezone Europe/Osl", "Europe/Oslo"},
    {"check-cron --timezone = Europe/Osl", "Europe/Oslo"},
    {"check-cron --timezone Factor", ""},
    {"check-cron ''", ""},
    {"check-cron '0 2 * * *' --cou", "--count"},
    {"run --at ''", ""},
    {"prune --older-than ''", ""},
    {"next --org ''", ""},
    {"nonsense ''", ""},
    {"due --at x -", "--at --org --integration --db-role --config --log-format --help --version"},
};

START_TEST(test_bash_values)
{
    char line[600];
    char *offered;

    snprintf(line, sizeof line,
             "bash -c '" BASH_COMPLETE "eval \"complete_words syncsched $0\";"
             " echo \"${COMPREPLY[*]}\"' \"$1\"");
    offered = documents_shell(line, bash_values[_i].words);
    offered[strcspn(offered, "\n")] = '\0';
    ck_assert_msg(strcmp(offered, bash_values[_i].offered) == 0, "%s: bash offers %s",
                  bash_values[_i].words, offered);
    free(offered);
}
END_TEST

/* Covers: the program knows each time zone that is offered, here those with E, from Europe/Oslo to
 * Etc/GMT+5; and what TZDIR names is what counts. */
START_TEST(test_zones)
{
    char *unknown =
        documents_shell("bash -c '" BASH_COMPLETE "_syncsched_zones E' | while read -r zone; do"
                        " \"$0\" check-cron --timezone \"$zone\" --count 0 '0 2 * * *' >/dev/null "
                        "|| echo \"$zone\";"
                        " done",
                        "");
    char *offered = documents_shell("bash -c '" BASH_COMPLETE "_syncsched_zones A' | wc -l", "");
    char *elsewhere = documents_shell(
        "bash -c '" BASH_COMPLETE "TZDIR=/nowhere _syncsched_zones \"\"; true'", "");

    ck_assert_str_eq(unknown, "");
    ck_assert_int_gt(atoi(offered), 100);
    ck_assert_str_eq(elsewhere, "");
    free(unknown);
    free(offered);
    free(elsewhere);
}
END_TEST

/* ---- zsh ---- */

/* Calls the completion function with _arguments and _describe that print what they are given. */
#define ZSH_SPECS                                                                                  \
    "zsh -f -c '_arguments() { print -rl -- ${(M)@:#--*} }; _describe() { print -rl -- ${(P)2} };" \
    " words=(syncsched $0 \"\"); CURRENT=${#${=words}}; ((CURRENT++));"                            \
    " source scripts/share/completion/_syncsched' "

/* "--at=[text]:TIME:..." as "--at TIME|text", and "--json[text]" as "--json|text". */
#define AS_IN_HELP                                                                                 \
    " | sed -E 's/^(--[a-z-]+)=\\[(.*)\\]:([A-Z]+):.*$/\\1 "                                       \
    "\\3|\\2/;s/^(--[a-z-]+)\\[(.*)\\]$/\\1|\\2/'"

static void check_zsh(const char *command)
{
    assert_same(
        command,
        documents_shell("\"$0\" $1 --help | sed -nE 's/^  (--[a-z-]+( [A-Z]+)?) +(.*)$/\\1|\\3/p'",
                        command),
        documents_shell(ZSH_SPECS "\"$1\"" AS_IN_HELP, command));
}

START_TEST(test_zsh_options)
{
    for_each_command(check_zsh);
    assert_same("the commands",
                documents_shell("\"$0\" --help | sed -nE 's/^  ([a-z-]+) +(.*)$/\\1:\\2/p';"
                                " printf '%s|show the %s\\n' --help 'is help' --version version"
                                " | sed 's/the is/this/'",
                                ""),
                documents_shell(ZSH_SPECS "\"\"" AS_IN_HELP, ""));
}
END_TEST

/* Keys as they are typed, and the words that the line then has. */
static const struct {
    const char *keys;
    const char *words;
} zsh_lines[] = {
    {"sch\\t", "schema"},
    {"--ver\\t", "--version"},
    {"run --ca\\t", "run|--catch-up"},
    {"run --log-format j\\t", "run|--log-format|json"},
    {"run --log-format=j\\t", "run|--log-format=json"},
    {"run --concurrency \\t\\t", "run|--concurrency|1"},
    {"run --max-attempts 10\\t", "run|--max-attempts|10"},
    {"run --on-failure logna\\t", "run|--on-failure|logname"},
    {"due --db-role \\t", "due|--db-role|service_role"},
    {"due --config scripts/share/completion/s\\t",
     "due|--config|scripts/share/completion/syncsched.bash"},
    {"check-cron --time\\tEurope/Osl\\t", "check-cron|--timezone=Europe/Oslo"},
    {"check-cron --timezone Factor\\t", "check-cron|--timezone|Factor"},
    {"check-cron \"0 2 * * *\" --cou\\t", "check-cron|0 2 * * *|--count"},
    {"check-cron \\t", "check-cron"},
    {"nonsense --he\\t", "nonsense|--he"},
    {"run -- --he\\t", "run|--|--he"},
};

START_TEST(test_zsh_lines)
{
    char input[2000] = "";
    char expected[2000] = "";
    struct program_result result;
    char script[4200];
    const char *const argv[] = {"sh", "-c",
                                "cd \"$0\" && tests/support/type-in-zsh scripts/share/completion",
                                script, NULL};

    snprintf(script, sizeof script, "%s", documents_path("."));
    for (size_t i = 0; i < COUNT(zsh_lines); i++) {
        size_t in = strlen(input);
        size_t out = strlen(expected);

        snprintf(input + in, sizeof input - in, "syncsched %s\n", zsh_lines[i].keys);
        snprintf(expected + out, sizeof expected - out, "%s\n", zsh_lines[i].words);
    }
    result = program_run_with_input(argv, NULL, input);
    ck_assert_msg(result.status == 0, "exit status %d: %s%s", result.status, result.out,
                  result.err);
    ck_assert_str_eq(result.out, expected);
    program_result_free(&result);
}
END_TEST

SUITE(completion)
{
    TCase *bash = tcase_create("completion-bash");
    TCase *zsh = tcase_create("completion-zsh");

    tcase_add_test(bash, test_bash_options);
    tcase_add_loop_test(bash, test_bash_values, 0, COUNT(bash_values));
    tcase_add_test(bash, test_zones);
    suite_add_tcase(suite, bash);
    tcase_add_test(zsh, test_zsh_options);
    tcase_add_test(zsh, test_zsh_lines);
    suite_add_tcase(suite, zsh);
}
