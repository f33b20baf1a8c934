/*
 * Plain sockets between the program and the test's PostgreSQL, for whatever stands in between.
 */
#ifndef TESTS_SUPPORT_LOOPBACK_H
#define TESTS_SUPPORT_LOOPBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A socket that listens on an address ("127.0.0.1") and a port of the kernel's choosing. */
int loopback_listen(const char *address, uint16_t *port);

/* The next connection, without delay for small packets; -1 when there is none after all. */
int loopback_accept(int listener);

/* A connection to the server that PGPORT names, likewise; -1 when it refuses. */
int loopback_connect(void);

/* Sends all of it; false when the other end is gone. */
bool loopback_send(int fd, const char *bytes, size_t length);

#endif
