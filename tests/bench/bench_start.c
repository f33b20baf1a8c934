/* What a command costs that asks neither the database nor the function: beside an empty program. */
#include "bench.h"

#include "time/clock.h"

#include <check.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_ROUNDS = 200 };

/* The first is what the others are compared with. */
static const char *const start_commands[][4] = {
    {TEST_BUILD_DIR "/tests/empty"},
    {TEST_BUILD_DIR "/syncsched", "--version"},
    {TEST_BUILD_DIR "/syncsched", "schema"},
    {TEST_BUILD_DIR "/syncsched", "check-cron", "0 2 * * *"},
    {TEST_BUILD_DIR "/syncsched", "check-cron", "0 2 * * *", "--timezone=Europe/Oslo"},
};

enum { START_COUNT = sizeof start_commands / sizeof start_commands[0] };

/* From before its start until its end is known, the output thrown away. */
static double start_command_us(const char *const command[4])
{
    posix_spawn_file_actions_t actions;
    char *arguments[5] = {0};
    int64_t started_us;
    int64_t wall_us;
    pid_t child;
    int status;

    for (size_t i = 0; i < 4 && command[i] != NULL; i++)
        arguments[i] = strdup(command[i]); /* posix_spawn() takes no const */
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    started_us = clock_now_us();
    ck_assert_int_eq(posix_spawn(&child, arguments[0], &actions, NULL, arguments, environ), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    wall_us = clock_now_us() - started_us;
    ck_assert_msg(status == 0, "%s: wait status %d", arguments[0], status);
    posix_spawn_file_actions_destroy(&actions);
    for (size_t i = 0; arguments[i] != NULL; i++)
        free(arguments[i]);
    return (double)wall_us;
}

void bench_start(void)
{
    static struct bench_samples samples[START_COUNT];

    for (int i = 0; i < START_COUNT; i++)
        start_command_us(start_commands[i]); /* the first time reads from the disk */
    for (int round = 0; round < START_ROUNDS; round++)
        for (int i = 0; i < START_COUNT; i++)
            bench_add(&samples[i], start_command_us(start_commands[i]));
    bench_print("start: an empty C program", &samples[0], "us", 0, NULL);
    for (int i = 1; i < START_COUNT; i++) {
        char what[64];

        snprintf(what, sizeof what, "start: syncsched %s %s", start_commands[i][1],
                 start_commands[i][3] != NULL ? start_commands[i][3] : "");
        bench_print(what, &samples[i], "us", bench_median(&samples[0]), "the empty one");
    }
}
