/*
 * One connection to PostgreSQL, by way of libpq.
 *
 * Everything is a transaction: its statements are sent as one pipeline (one round trip, however
 * many they are) between BEGIN with its settings and COMMIT. Nothing outlives a transaction on the
 * server: no session lock, no named statement, no session setting, so that a pooler in transaction
 * mode serves as well as a server. Every wait ends at a deadline on the monotonic clock, that for
 * a name look-up included. A handle never crosses a fork.
 *
 * Error texts carry the server's primary message and never a password.
 *
 * Sources: libpq manual, "Database Connection Control Functions", "Pipeline Mode", "Asynchronous
 * Command Processing".
 */
#ifndef SYNCSCHED_STORE_DATABASE_H
#define SYNCSCHED_STORE_DATABASE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct database;
struct database_row;

/* Where the database is, and who we are there. Texts are borrowed. */
struct database_address {
    const char *url;  /* a URI or key=value string; NULL: libpq's own variables */
    const char *role; /* what each transaction becomes, with SET LOCAL ROLE; NULL: who connected */
    void (*warn)(const struct error *warning); /* of strangers who could listen; NULL: nobody */
};

enum { DATABASE_NUMBER_SIZE = 24 };

/* A number as a statement's parameter: writes it into text, and returns that. */
const char *database_number(char text[DATABASE_NUMBER_SIZE], int64_t number);

/* Called for each row of a result as it arrives. row is valid during the call only. */
typedef void database_row_reader(void *context, const struct database_row *row);

/* One statement with its parameters in text form; a NULL value is SQL's NULL. */
struct database_statement {
    const char *sql;
    int parameters;
    const char *const *values;
    database_row_reader *read_row; /* NULL: rows are dropped */
    void *context;
};

struct database_transaction {
    const struct database_statement *statements;
    size_t count;
    int64_t lock_timeout_ms;
    int64_t silence_ms; /* in: lost when nothing comes for so long; 0: the deadline alone decides */
    bool rolled_back;   /* in: ends with ROLLBACK, whatever happened (a dry run) */
    bool is_role_less;  /* in: as who connected, whatever the address's role */
    bool done;          /* out: it did what it was to do, and the server said so */
    size_t read;        /* out: of so many statements, from the first on, all rows have come */
    struct error error; /* out: why not; set unless done */
};

/*
 * Connects by deadline_ms. NULL on failure: ERROR_CONFIG for a URL that is not valid, else
 * ERROR_DATABASE.
 */
struct database *database_open(const struct database_address *address, int64_t deadline_ms,
                               struct error *err);

/* Closes at once, without waiting for anything. NULL is fine. */
void database_close(struct database *db);

/*
 * Runs a transaction in one round trip. Never more than one is in flight: some poolers hand the
 * server on at the first end of a transaction and drop what follows. False when the connection was
 * lost or the deadline passed: the database must be closed, and a transaction that is not done may
 * have been committed all the same.
 */
bool database_run(struct database *db, struct database_transaction *transaction,
                  int64_t deadline_ms);

/* One transaction; false with err when it is not done. */
bool database_transact(struct database *db, const struct database_statement *statements,
                       size_t count, int64_t lock_timeout_ms, int64_t deadline_ms,
                       struct error *err);

/*
 * Runs a script of many statements, as who connected; its BEGIN and COMMIT are its own. False with
 * err at the first that the server refuses, or when the deadline passed: the database must be
 * closed then, which takes back what is not committed.
 */
bool database_run_script(struct database *db, const char *script, int64_t deadline_ms,
                         struct error *err);

/* The server's host, as libpq was asked for it; a directory for a local socket. */
const char *database_host(const struct database *db);

/*
 * In words whether others can listen on the way to the server, or pose as it: true when
 * they can, with a warning that says what to set; else false, with what keeps them from it in *way.
 */
bool database_is_exposed(const struct database *db, const char **way, struct error *warning);

/*
 * False once the connection is lost or was given up at a deadline, or the server said that it no
 * longer serves what it served: it shuts down, or has become read-only (a failover).
 */
bool database_is_usable(const struct database *db);

/* Whether the server refused the last transaction: then it was surely not committed. */
bool database_has_refused(const struct database *db);

/* Whether it did so because the role lacks a privilege, or does not own what it would change. */
bool database_is_denied(const struct database *db);

/* Whether it did so because of the rows (refusal_is_final()): it will refuse the same again. */
bool database_refuses_rows(const struct database *db);

/* The same, or a stranger has a lock on some of them: without these it may take the others. */
bool database_may_take_less(const struct database *db);

/*
 * A column's text, NULL for SQL's NULL; as whole number, fallback for NULL; as boolean, NULL false.
 * The column is named by a string literal. Where the statement returns no such column, these give
 * what they give for NULL, and the transaction fails with ERROR_INTERNAL.
 */
const char *database_row_text(const struct database_row *row, const char *column);
int64_t database_row_number(const struct database_row *row, const char *column, int64_t fallback);
bool database_row_is_true(const struct database_row *row, const char *column);

/* Fails the row's transaction with err; no more rows of it are handed on. */
void database_row_refuse(const struct database_row *row, const struct error *err);

/* Copies a column into a buffer of size bytes, cut to fit; "" for NULL. */
void database_row_copy(const struct database_row *row, const char *column, char *buffer,
                       size_t size);

#endif
