/*
 * The log of function_server: one JSON object a line, each appended with one write(2).
 *
 * Lines stand in the order of their at_us. Safe to use from several threads. Without
 * server_log_open() nothing is written; requests are numbered all the same.
 */
#ifndef TESTS_SUPPORT_SERVER_LOG_H
#define TESTS_SUPPORT_SERVER_LOG_H

#include "support/server_request.h"

#include <stdint.h>

/* Appends to the file at path, created where it is missing; false with errno set. */
bool server_log_open(const char *path);

/* A request was read in full: the function runs. Returns its number, from 1. */
int64_t server_log_begin(int64_t connection, const struct server_request *request);

/* Any other event of a connection; takes the fields over (NULL: none). */
void server_log_event(const char *event, int64_t connection, json_t *fields);

#endif
