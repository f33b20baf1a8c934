/*
 * Programs under test: started with arguments and an environment, waited for, with all they said.
 *
 * A program gets a process group of its own and dies with the test that started it; its output goes
 * to memory files, so that it never blocks on a reader. Whatever goes wrong in here, a program that
 * cannot be executed included, fails the running test.
 */
#ifndef TESTS_SUPPORT_PROGRAM_H
#define TESTS_SUPPORT_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* So long does program_wait() wait before it kills the program's process group. */
enum { PROGRAM_WAIT_MS = 120 * 1000 };

/* Another bound from now on, for what computes longer. */
void program_set_wait(int wait_ms);

/*
 * How much longer than it must a program may take on a machine that is busy with something else.
 * What it must not wait for is made to take longer than that.
 */
enum { PROGRAM_SLACK_MS = 30 * 1000 };

struct program_result {
    int status;        /* exit status, 128+signal, or -1: it was killed for taking too long */
    char *out;         /* stdout, NUL-terminated */
    char *err;         /* stderr, the same */
    size_t out_length; /* of stdout, which may hold NUL bytes itself */
    bool left_core;    /* it ended with a signal, and the system wrote its memory to a file */
    int64_t wall_ms;   /* from its start until program_wait() saw its end */
    int64_t cpu_ms;    /* the processor time of it and of the children that it waited for */
    long most_kb;      /* the most memory that it, or a child that it waited for, held at once */
};

/*
 * Runs argv to its end, stdin being /dev/null; argv[0] is looked up in PATH, both lists end with
 * NULL. env changes the environment: "K=V" sets, "K" alone unsets, NULL leaves it as it is.
 * program_result_free() releases the result.
 */
struct program_result program_run(const char *const argv[], const char *const env[]);

/* The same with input on stdin. */
struct program_result program_run_with_input(const char *const argv[], const char *const env[],
                                             const char *input);

void program_result_free(struct program_result *result);

/* A program in the background. */
struct program;

/* The same as program_run(), but returns as soon as the program is executed. */
struct program *program_start(const char *const argv[], const char *const env[]);

pid_t program_pid(const struct program *program);

/* False once it has ended, waited for or not. */
bool program_is_running(const struct program *program);

/* Sends the signal to the program, not to its children. */
void program_signal(struct program *program, int signal_number);

/* Waits for its end and releases program; its surviving children are left alone. */
struct program_result program_wait(struct program *program);

#endif
