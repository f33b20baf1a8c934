/* Covers lib/notify/shell.c, with real shells. */
#include "support/suite.h"

#include "notify/shell.h"
#include "time/clock.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_MS = 400 };

static void set_up(void)
{
    signal(SIGPIPE, SIG_IGN); /* as the program does */
}

static const struct {
    const char *command;
    const char *message; /* NULL: none, it is well */
    int least_ms;
} commands[] = {
    {"read -r line; test \"$line\" = 'the alert'", NULL, 0},
    {"exec <&-; sleep 0.1", NULL, 100},
    {"true", NULL, 0},
    {"sleep 40 &", NULL, 0},
    {"kill -0 $$", NULL, 0},
    {"exit 3", "ended with status 3", 0},
    {"echo why >&2; echo not; echo not that >&2; exit 3", "ended with status 3: why not that", 0},
    {"printf '\\033[2J\\n\\n' >&2; exit 3", "ended with status 3: \357\277\275[2J", 0},
    {"echo >&2; exit 1", "ended with status 1", 0},
    {"head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1", "ended with status 1: xxx", 0},
    {"kill -9 $$", "was killed by signal 9", 0},
    {"kill 0", "was killed by signal 15", 0},
    {"kill -PIPE $$", "was killed by signal 13", 0},
    {"sleep 60", "took too long, and was ended", LIMIT_MS},
    {"sleep 60; true", "took too long, and was ended", LIMIT_MS},
    {"kill -STOP $$", "took too long, and was ended", LIMIT_MS},
    {"trap 'echo told >&2; exit 0' TERM; while :; do sleep 0.05; done",
     "took too long, and was ended: ", LIMIT_MS},
    {"trap '' TERM; sleep 60; sleep 60", "took too long, and was ended", LIMIT_MS + SHELL_GRACE_MS},
    {"yes", "took too long, and was ended", LIMIT_MS},
    {"yes >&2", "took too long, and was ended: y y y", LIMIT_MS},
    {"kill $PPID; sleep 60", "was still running when this tick was stopped, and was ended", 0},
    {"kill -INT $PPID; sleep 60", "was still running when this tick was stopped", 0},
};

/* Covers: how each kind of command ends, and that it does in time; nothing of it is left to
 * reap. */
START_TEST(test_shell)
{
    int limit_ms = commands[_i].least_ms >= LIMIT_MS ? LIMIT_MS : 60000;
    int64_t started_ms = clock_now_ms();
    struct error err = {0};
    bool ok = shell_run(commands[_i].command, "", "the alert\n", limit_ms, &err);
    int64_t took_ms = clock_now_ms() - started_ms;

    if (commands[_i].message == NULL)
        ck_assert_msg(ok, "%s", err.message);
    else
        ck_assert_msg(!ok && strstr(err.message, commands[_i].message) == err.message, "%s",
                      err.message);
    ck_assert_int_ge(took_ms, commands[_i].least_ms);
    ck_assert_int_lt(took_ms, commands[_i].least_ms + 30000);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

/* Covers: input that no pipe holds at once, read slowly or not at all. */
START_TEST(test_shell_large_input)
{
    static char input[1000001];
    struct error err = {0};

    memset(input, 'x', sizeof input - 1);
    ck_assert_msg(shell_run("sleep 0.2; test \"$(wc -c)\" = 1000000", "", input, 20000, &err), "%s",
                  err.message);
    ck_assert_msg(shell_run("sleep 0.2", "", input, 20000, &err), "%s", err.message);
    ck_assert_msg(shell_run("head -c 5 >/dev/null", "", input, 20000, &err), "%s", err.message);
}
END_TEST

/* Covers: what is caught meanwhile is as it was afterwards; what nohup ignores stays ignored. */
START_TEST(test_shell_signals)
{
    static const int numbers[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
    struct sigaction before[4];
    struct sigaction action;
    struct error err = {0};
    sigset_t mask;

    signal(SIGHUP, SIG_IGN);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(sigaction(numbers[i], NULL, &before[i]), 0);
    ck_assert_msg(shell_run("kill -HUP $PPID; kill -HUP $$; sleep 0.1", "", "", 20000, &err), "%s",
                  err.message);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(sigaction(numbers[i], NULL, &action), 0);
        ck_assert(action.sa_handler == before[i].sa_handler);
        ck_assert_int_eq(sigprocmask(SIG_BLOCK, NULL, &mask), 0);
        ck_assert_int_eq(sigismember(&mask, numbers[i]), 0);
    }
}
END_TEST

/* Covers: what only libpq is to know is not the command's, and the subject is the command's alone. */
START_TEST(test_shell_environment)
{
    struct error err = {0};

    setenv("PGPASSWORD", "hush", 1);
    setenv("PGUSER", "user", 1);
    ck_assert_msg(shell_run("test -z \"${PGPASSWORD+set}\" && test \"$PGUSER\" = user &&"
                            " test \"$SYNCSCHED_SUBJECT\" = 'a \"subject\" $(exit 1)'",
                            "a \"subject\" $(exit 1)", "", 20000, &err),
                  "%s", err.message);
    ck_assert_str_eq(getenv("PGPASSWORD"), "hush");
    ck_assert_ptr_null(getenv("SYNCSCHED_SUBJECT"));
}
END_TEST

enum { SHELL_COMMANDS = sizeof commands / sizeof commands[0], SHELL_HALF = 17 };

SUITE(shell)
{
    TCase *cases = tcase_create("shell");

    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_add_loop_test(cases, test_shell, 0, SHELL_HALF);
    tcase_add_test(cases, test_shell_large_input);
    tcase_add_test(cases, test_shell_signals);
    tcase_add_test(cases, test_shell_environment);
    suite_add_tcase(suite, cases);
}

/* The other half, so that both run at the same time. */
SUITE(shell_ends)
{
    TCase *cases = tcase_create("shell_ends");

    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_add_loop_test(cases, test_shell, SHELL_HALF, SHELL_COMMANDS);
    suite_add_tcase(suite, cases);
}
