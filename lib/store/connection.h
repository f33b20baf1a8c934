/*
 * The way to a connection of libpq's: settings, name look-up, TLS, all by a deadline.
 *
 * For database.c alone, which gives others what they need without libpq. Error texts never hold a
 * password, also where libpq's own would.
 *
 * Source: libpq manual, "Database Connection Control Functions".
 */
#ifndef SYNCSCHED_STORE_CONNECTION_H
#define SYNCSCHED_STORE_CONNECTION_H

#include "store/database.h"

#include <libpq-fe.h>

/*
 * Connects by deadline_ms, in non-blocking and in pipeline mode. NULL on failure, with the errors
 * of database_open(). Warns, if address says how, when strangers could listen on the way.
 */
PGconn *connection_open(const struct database_address *address, int64_t deadline_ms,
                        struct error *err);

/*
 * Whether strangers could listen on the way, or pose as the server: then with a warning;
 * else with what keeps them from it in *way. The warning holds no password.
 */
bool connection_is_exposed(PGconn *connection, const char **way, struct error *warning);

#endif
