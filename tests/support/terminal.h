/*
 * Pseudo-terminals: what a program shows when it believes that a person is watching.
 *
 * Whatever goes wrong in here fails the running test.
 */
#ifndef TESTS_SUPPORT_TERMINAL_H
#define TESTS_SUPPORT_TERMINAL_H

#include <stddef.h>

struct terminal {
    int master;
    int fd;        /* the side of the program; its children inherit it */
    char path[32]; /* what a shell of the test may redirect to */
};

/* A new terminal. terminal_close() is its end. */
struct terminal terminal_open(void);

/* What was written to it so far, at most size - 1 bytes, NUL-terminated; returns the length. */
size_t terminal_read(const struct terminal *terminal, char *shown, size_t size);

void terminal_close(struct terminal *terminal);

#endif
