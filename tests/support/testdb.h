/*
 * A database of its own for each integration test.
 *
 * The server comes from libpq's PG* environment and is meant to be thrown away (pg_virtualenv): the
 * roles of Supabase are created on it and databases are left behind when a test fails. The schema
 * is read from lib/store/schema.sql under $TEST_SOURCE (default "."), applied once to a
 * template, and every test gets a copy of that.
 *
 * Whatever goes wrong in here, a refusal by the server included, fails the running test with the
 * server's message. Formats are printf's: a per cent sign in SQL is written twice. Strings returned
 * are the caller's to free().
 *
 * Not for what the program under test does with its database; that is lib/store/database.h.
 */
#ifndef SYNCSCHED_SUPPORT_TESTDB_H
#define SYNCSCHED_SUPPORT_TESTDB_H

#include <libpq-fe.h>
#include <stdbool.h>

/*
 * A fresh database with the schema, on a server that has the roles anon, authenticated and
 * service_role and, as older Supabase projects do, grants everything new to all three. PGDATABASE
 * names it from now on, for this process and its children.
 */
void testdb_create(void);

/* The same in an encoding of the server's: "SQL_ASCII", "LATIN1". */
void testdb_create_in(const char *encoding);

/* The same without the schema; does nothing about roles. */
void testdb_create_empty(void);

/*
 * A connection to the server itself, also where the program goes through a pooler (PGPORT), which
 * leaves the server's own port in SERVER_PORT. NULL: to the current database. PQfinish() ends it.
 */
PGconn *testdb_connect(const char *name);

/* Drops a role with what it owns and was granted, and ends its sessions, which a pooler would keep. */
void testdb_drop_role(const char *role);

/* Whether the program goes through a pooler. */
bool testdb_is_pooled(void);

/* Whether that one keeps the server's connections for its next clients, which the old pooler does not. */
bool testdb_has_pool(void);

/* Applies the schema, or another file of the sources, to the current database. */
void testdb_apply_schema(void);
void testdb_apply_file(const char *name);

/*
 * What `pg_dump OPTIONS` says of the current database: with -s its catalogs, owners and grants included,
 * with -a its rows. Without psql's meta-commands, of which \restrict is random.
 */
char *testdb_dump(const char *options);

/* Ends every session in the database, drops it and restores PGDATABASE. */
void testdb_drop(void);

/* Where the schema is, in a static buffer. */
const char *testdb_schema_path(void);

/* The connection as the superuser; testdb_drop() closes it. */
PGconn *testdb_connection(void);

/* Runs one or more statements. */
void testdb_exec(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The first column of the first row; NULL when there is no row or it is null. */
char *testdb_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same as a number; no row, null and what is not a number fail the test. */
long testdb_number(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Runs sql as PostgREST would: in a transaction, with SET LOCAL ROLE and request.jwt.claims; then
 * rolls it back. role NULL: as the superuser. claims_json NULL: not set. Returns NULL when sql went
 * through, otherwise the SQLSTATE.
 */
char *testdb_try(const char *role, const char *claims_json, const char *sql);

/* The same for a query that must go through: the first column of its first row, or NULL. */
char *testdb_text_as(const char *role, const char *claims_json, const char *sql);

#endif
