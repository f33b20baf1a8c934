#include "store/database.h"

#include "base/memory.h"
#include "base/text.h"
#include "sql.h"
#include "store/conninfo.h"
#include "store/refusal.h"
#include "store/thread.h"
#include "time/clock.h"
#include "time/wait.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct database {
    PGconn *connection;
    char *password; /* what messages must not hold; NULL when there is none */
    char *role;     /* what each transaction becomes; NULL: nobody else */
    bool lost;
    bool has_refused;   /* the transaction under way */
    bool is_denied;     /* the same: the role lacks a privilege */
    bool refuses_rows;  /* the same, and it always will */
    bool is_in_the_way; /* or a lock is, or a deadlock */
    int64_t silence_ms; /* of the transaction under way */
};

enum { DATABASE_COLUMNS_MAX = 64 };

/* Where the columns of a statement are, each looked up when it is first asked for. */
struct database_columns {
    const char *names[DATABASE_COLUMNS_MAX];
    int numbers[DATABASE_COLUMNS_MAX];
    size_t count;
    size_t next; /* the place that is probably asked for next: each row is read in one order */
};

struct database_row {
    const PGresult *result;
    int number;
    struct database_columns *columns;
    struct error *err; /* the transaction's */
};

/* ---- Connecting ---- */

enum { DATABASE_GRACE_MS = 100 };

static void database_ignore_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

static bool database_check_url(const char *url, struct error *err)
{
    char *message = NULL;
    PQconninfoOption *options;
    bool ok;

    /* "host=... password='...'" ends in a quote of its own, and libpq skips blanks in it. */
    if ((*url == '"' || *url == '\'' || strstr(url, "://") != NULL) &&
        !text_check_bare("SUPABASE_DB_URL", url, err))
        return false;
    options = PQconninfoParse(url, &message);
    ok = options != NULL;
    PQfreemem(message);
    if (options == NULL) {
        error_set(err, ERROR_CONFIG, "SUPABASE_DB_URL is not a valid connection string");
        error_hint(err, "write it as postgresql://USER:PASSWORD@HOST:5432/DATABASE, "
                        "percent-encoding what is special in the password");
    }
    for (const PQconninfoOption *o = options; ok && o->keyword != NULL; o++)
        ok = o->val == NULL || conninfo_check(o->keyword, o->val, err);
    PQconninfoFree(options);
    return ok;
}

/* What connecting takes; belongs to the thread that does it while it does. */
struct database_attempt {
    char *url; /* NULL: libpq's own variables */
    int64_t deadline_ms;
    PGconn *connection;
    bool is_late;
};

/*
 * For a thread, because libpq waits in it for name servers and Kerberos servers, and cannot be
 * interrupted.
 */
static void database_connect(void *context)
{
    /* What follows the URL takes precedence over what it says. */
    static const char *const keywords[] = {"dbname", "fallback_application_name", "client_encoding",
                                           NULL};
    struct database_attempt *attempt = context;
    const char *const values[] = {attempt->url, "syncsched", "UTF8", NULL};
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;

    attempt->connection = PQconnectStartParams(keywords, values, 1);
    PQsetNoticeReceiver(attempt->connection, database_ignore_notice, NULL);
    while (PQstatus(attempt->connection) != CONNECTION_BAD && status != PGRES_POLLING_OK &&
           status != PGRES_POLLING_FAILED) {
        short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;

        if (!wait_for(PQsocket(attempt->connection), events, attempt->deadline_ms)) {
            attempt->is_late = true;
            return;
        }
        status = PQconnectPoll(attempt->connection);
    }
}

static void database_release(void *context)
{
    struct database_attempt *attempt = context;

    PQfinish(attempt->connection);
    free(attempt->url);
    free(attempt);
}

static bool database_explain(const struct database_attempt *attempt, struct error *err)
{
    const char *message;
    size_t length;

    if (attempt->is_late) {
        error_set(err, ERROR_DATABASE, "no connection to the database in time");
        return error_hint(err, "check host and port in SUPABASE_DB_URL, and --budget");
    }
    message = conninfo_last_attempt(PQerrorMessage(attempt->connection), &length);
    error_set(err, ERROR_DATABASE, "no connection to the database: %.*s", (int)length, message);
    text_redact(err->message, strlen(err->message), PQpass(attempt->connection));
    return error_hint(err, "%s", conninfo_hint(err->message));
}

struct database *database_open(const struct database_address *address, int64_t deadline_ms,
                               struct error *err)
{
    struct database_attempt *attempt;
    struct database *db = NULL;
    struct error warning;
    const char *password;
    const char *way;

    if (address->url != NULL && !database_check_url(address->url, err))
        return NULL;
    attempt = memory_allocate(1, sizeof *attempt);
    attempt->url = memory_copy_text(address->url);
    attempt->deadline_ms = deadline_ms;
    /* The thread keeps to the deadline where it can; where it cannot, it is left behind. */
    if (!thread_run(database_connect, database_release, attempt, deadline_ms + DATABASE_GRACE_MS)) {
        error_set(err, ERROR_DATABASE,
                  "no connection to the database in time: no name server answers");
        error_hint(err, "check the host in SUPABASE_DB_URL or PGHOST, and this machine's name "
                        "servers");
        return NULL;
    }
    if (attempt->is_late || PQstatus(attempt->connection) != CONNECTION_OK ||
        PQsetnonblocking(attempt->connection, 1) != 0 ||
        PQenterPipelineMode(attempt->connection) != 1) {
        database_explain(attempt, err);
    } else {
        password = PQpass(attempt->connection);
        db = memory_allocate(1, sizeof *db);
        db->connection = attempt->connection;
        db->password = memory_copy_text(password != NULL && *password != '\0' ? password : NULL);
        db->role = memory_copy_text(address->role);
        attempt->connection = NULL;
        if (address->warn != NULL && database_is_exposed(db, &way, &warning))
            address->warn(&warning);
    }
    database_release(attempt);
    return db;
}

void database_close(struct database *db)
{
    if (db == NULL)
        return;
    PQfinish(db->connection);
    free(db->password);
    free(db->role);
    free(db);
}

bool database_is_usable(const struct database *db)
{
    return !db->lost && PQstatus(db->connection) == CONNECTION_OK;
}

bool database_has_refused(const struct database *db)
{
    return db->has_refused;
}

bool database_refuses_rows(const struct database *db)
{
    return db->refuses_rows;
}

bool database_is_denied(const struct database *db)
{
    return db->is_denied;
}

bool database_may_take_less(const struct database *db)
{
    return db->refuses_rows || db->is_in_the_way;
}

bool database_is_exposed(const struct database *db, const char **way, struct error *warning)
{
    PGconn *connection = db->connection;
    PQconninfoOption *options = PQconninfo(connection);
    struct conninfo_facts facts = {
        .host = PQhost(connection),
        .address = PQhostaddr(connection),
        .has_tls = PQsslInUse(connection) == 1,
        .has_gss = PQgssEncInUse(connection) == 1,
    };
    bool is_exposed;

    for (const PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++)
        if (strcmp(o->keyword, "sslmode") == 0)
            facts.sslmode = o->val;
    is_exposed = conninfo_is_exposed(&facts, way, warning);
    if (is_exposed)
        text_redact(warning->message, strlen(warning->message), PQpass(connection));
    PQconninfoFree(options);
    return is_exposed;
}

/* ---- Errors ---- */

/* statement NULL: it was one of those around the transaction's own. */
static void database_set_error(struct database *db, struct error *err,
                               const struct database_statement *statement, const PGresult *result)
{
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    struct refusal refusal = {
        .state = PQresultErrorField(result, PG_DIAG_SQLSTATE),
        .function = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION),
        .is_of_role = statement == NULL && db->role != NULL,
        .is_in_function = PQresultErrorField(result, PG_DIAG_CONTEXT) != NULL,
    };

    if (err->kind != ERROR_NONE)
        return; /* what failed first is the cause */
    db->has_refused = refusal.state != NULL;
    db->is_denied = refusal.state != NULL && strcmp(refusal.state, "42501") == 0;
    db->refuses_rows = refusal_is_final(&refusal);
    db->is_in_the_way = refusal_is_in_the_way(refusal.state);
    db->lost = db->lost || refusal_ends_connection(refusal.state);
    error_set(err, ERROR_DATABASE, "database: %s",
              message != NULL ? message : PQerrorMessage(db->connection));
    /* What a pooler lacks, it may say late. */
    error_hint(err, "%s",
               db->lost && message != NULL && *message == '(' ? conninfo_hint(message)
                                                              : refusal_hint(&refusal));
    text_redact(err->message, strlen(err->message), db->password);
}

static bool database_give_up(struct database *db, struct error *err, const char *what)
{
    db->lost = true;
    if (err->kind == ERROR_NONE)
        error_set(err, ERROR_DATABASE, "database: %s", what);
    return false;
}

/* ---- Sending ---- */

const char *database_number(char text[DATABASE_NUMBER_SIZE], int64_t number)
{
    snprintf(text, DATABASE_NUMBER_SIZE, "%" PRId64, number);
    return text;
}

static bool database_send(struct database *db, const char *sql, int n, const char *const *values)
{
    return PQsendQueryParams(db->connection, sql, n, NULL, values, NULL, NULL, 0) == 1;
}

/*
 * The Sync behind each statement is for the server's idle_in_transaction_session_timeout (see
 * settings.sql), which runs only where the server knows that a statement is over. Without it a
 * server that got a part of a pipeline, because a host froze or a network broke in the middle,
 * would wait for the rest for ever, and hold all that was locked so far. No answer is waited for.
 * A statement that fails makes those behind it fail, and of the COMMIT a rollback.
 */
static bool database_send_transaction(struct database *db, const struct database_transaction *t,
                                      int64_t deadline_ms)
{
    int64_t left_ms = deadline_ms - clock_now_ms();
    char statement_timeout[DATABASE_NUMBER_SIZE];
    char lock_timeout[DATABASE_NUMBER_SIZE];
    const char *settings[] = {database_number(statement_timeout, left_ms > 1 ? left_ms : 1),
                              database_number(lock_timeout, t->lock_timeout_ms),
                              t->is_role_less ? NULL : db->role};
    bool ok = database_send(db, "BEGIN ISOLATION LEVEL READ COMMITTED", 0, NULL) &&
              database_send(db, sql_settings, 3, settings);
    for (size_t i = 0; ok && i < t->count; i++)
        ok = database_send(db, t->statements[i].sql, t->statements[i].parameters,
                           t->statements[i].values) &&
             PQpipelineSync(db->connection) == 1;
    return ok && database_send(db, t->rolled_back ? "ROLLBACK" : "COMMIT", 0, NULL) &&
           PQpipelineSync(db->connection) == 1;
}

/* ---- Receiving ---- */

static int64_t database_wait_until(const struct database *db, int64_t deadline_ms)
{
    int64_t until_ms = clock_now_ms() + db->silence_ms;

    return db->silence_ms > 0 && until_ms < deadline_ms ? until_ms : deadline_ms;
}

/* The next result, flushing what is still to be sent; false at the deadline or without connection.
 */
static bool database_next_result(struct database *db, int64_t deadline_ms, PGresult **result)
{
    for (;;) {
        int unsent = PQflush(db->connection);

        if (unsent < 0)
            return false;
        if (unsent == 0 && !PQisBusy(db->connection)) {
            *result = PQgetResult(db->connection);
            return true;
        }
        if (!wait_for(PQsocket(db->connection), unsent > 0 ? POLLIN | POLLOUT : POLLIN,
                      database_wait_until(db, deadline_ms)) ||
            PQconsumeInput(db->connection) == 0)
            return false;
    }
}

/* False once a row was refused. */
static bool database_read_rows(const struct database_statement *statement, const PGresult *result,
                               struct database_columns *columns, struct error *err)
{
    if (statement == NULL || statement->read_row == NULL)
        return true;
    for (int i = 0; err->kind == ERROR_NONE && i < PQntuples(result); i++) {
        struct database_row row = {result, i, columns, err};

        statement->read_row(statement->context, &row);
    }
    return err->kind == ERROR_NONE;
}

/* Reads all results of one statement; *succeeded tells whether the server carried it out. */
static bool database_receive_statement(struct database *db, struct database_transaction *t,
                                       const struct database_statement *statement,
                                       int64_t deadline_ms, bool *succeeded)
{
    struct database_columns columns;
    PGresult *result;

    columns.count = columns.next = 0;
    *succeeded = true;
    if (statement != NULL && statement->read_row != NULL)
        PQsetSingleRowMode(db->connection);
    for (;;) {
        ExecStatusType status;

        if (!database_next_result(db, deadline_ms, &result))
            return database_give_up(db, &t->error,
                                    PQstatus(db->connection) == CONNECTION_OK
                                        ? "no response in time"
                                        : "the connection was lost");
        if (result == NULL)
            return true;
        status = PQresultStatus(result);
        if (status == PGRES_FATAL_ERROR)
            database_set_error(db, &t->error, statement, result);
        if (status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE)
            *succeeded = database_read_rows(statement, result, &columns, &t->error) && *succeeded;
        else if (status != PGRES_COMMAND_OK)
            *succeeded = false;
        PQclear(result);
        if (PQstatus(db->connection) != CONNECTION_OK)
            return database_give_up(db, &t->error, "the connection was lost");
    }
}

/* The answer to PQpipelineSync(); PQgetResult() gives no NULL after it. */
static bool database_receive_sync(struct database *db, struct error *err, int64_t deadline_ms)
{
    PGresult *result;

    if (!database_next_result(db, deadline_ms, &result))
        return database_give_up(db, err, "the connection was lost");
    if (PQresultStatus(result) != PGRES_PIPELINE_SYNC) {
        PQclear(result);
        return database_give_up(db, err, "an answer out of turn");
    }
    PQclear(result);
    return true;
}

static bool database_receive_transaction(struct database *db, struct database_transaction *t,
                                         int64_t deadline_ms)
{
    bool succeeded = true;

    t->done = true;
    for (size_t i = 0; i < t->count + 3; i++) { /* BEGIN, settings, statements, COMMIT */
        bool ours = i >= 2 && i < t->count + 2;

        if (!database_receive_statement(db, t, ours ? &t->statements[i - 2] : NULL, deadline_ms,
                                        &succeeded) ||
            (i >= 2 && !database_receive_sync(db, &t->error, deadline_ms))) {
            t->done = false;
            return false;
        }
        t->done = t->done && succeeded;
        t->read += ours && t->done ? 1 : 0;
    }
    return true;
}

bool database_run(struct database *db, struct database_transaction *transaction,
                  int64_t deadline_ms)
{
    transaction->done = false;
    transaction->read = 0;
    transaction->error = (struct error){0};
    db->silence_ms = transaction->silence_ms;
    db->has_refused = db->is_denied = db->refuses_rows = db->is_in_the_way = false;
    if (!database_send_transaction(db, transaction, deadline_ms))
        return database_give_up(db, &transaction->error, "the connection was lost");
    return database_receive_transaction(db, transaction, deadline_ms);
}

/* In the simple protocol, since no other takes several statements in one text. */
bool database_run_script(struct database *db, const char *script, int64_t deadline_ms,
                         struct error *err)
{
    PGresult *result;
    const char *hint;

    *err = (struct error){0};
    db->silence_ms = 0;
    db->has_refused = db->is_denied = db->refuses_rows = db->is_in_the_way = false;
    if (PQexitPipelineMode(db->connection) != 1 || PQsendQuery(db->connection, script) != 1)
        return database_give_up(db, err, "the connection was lost");
    for (;;) {
        if (!database_next_result(db, deadline_ms, &result))
            return database_give_up(db, err,
                                    PQstatus(db->connection) == CONNECTION_OK
                                        ? "no response in time"
                                        : "the connection was lost");
        if (result == NULL)
            break;
        if (PQresultStatus(result) == PGRES_FATAL_ERROR) {
            hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
            database_set_error(db, err, NULL, result);
            if (*err->hint == '\0' && hint != NULL)
                error_hint(err, "%s", hint);
        }
        PQclear(result);
    }
    if (err->kind == ERROR_NONE && PQenterPipelineMode(db->connection) == 1)
        return true;
    return database_give_up(db, err, "the connection was lost");
}

const char *database_host(const struct database *db)
{
    const char *host = PQhost(db->connection);

    return host != NULL ? host : "";
}

bool database_transact(struct database *db, const struct database_statement *statements,
                       size_t count, int64_t lock_timeout_ms, int64_t deadline_ms,
                       struct error *err)
{
    struct database_transaction transaction = {
        .statements = statements, .count = count, .lock_timeout_ms = lock_timeout_ms};

    if (database_run(db, &transaction, deadline_ms) && transaction.done)
        return true;
    if (!transaction.done)
        *err = transaction.error;
    else
        error_set(err, ERROR_DATABASE, "database: the connection was lost");
    return false;
}

/* ---- Rows ---- */

/* A name is a string literal, so its address is enough to know it again. */
static int database_find_column(const struct database_row *row, const char *name)
{
    struct database_columns *columns = row->columns;
    int number;

    for (size_t n = 0, i = columns->next; n < columns->count; n++, i++) {
        if (i >= columns->count)
            i = 0;
        if (columns->names[i] == name) {
            columns->next = i + 1;
            return columns->numbers[i];
        }
    }
    number = PQfnumber(row->result, name);
    if (number < 0 && row->err->kind == ERROR_NONE)
        error_set(row->err, ERROR_INTERNAL, "database: no column is named \"%s\"", name);
    if (columns->count < DATABASE_COLUMNS_MAX) {
        columns->names[columns->count] = name;
        columns->numbers[columns->count++] = number;
    }
    return number;
}

/* The empty string for NULL. */
static const char *database_row_value(const struct database_row *row, const char *column)
{
    int number = database_find_column(row, column);

    return number >= 0 ? PQgetvalue(row->result, row->number, number) : "";
}

const char *database_row_text(const struct database_row *row, const char *column)
{
    int number = database_find_column(row, column);

    return number < 0 || PQgetisnull(row->result, row->number, number)
               ? NULL
               : PQgetvalue(row->result, row->number, number);
}

int64_t database_row_number(const struct database_row *row, const char *column, int64_t fallback)
{
    const char *text = database_row_value(row, column);

    return *text != '\0' ? strtoll(text, NULL, 10) : fallback;
}

bool database_row_is_true(const struct database_row *row, const char *column)
{
    return *database_row_value(row, column) == 't';
}

void database_row_refuse(const struct database_row *row, const struct error *err)
{
    if (row->err->kind == ERROR_NONE)
        *row->err = *err;
}

void database_row_copy(const struct database_row *row, const char *column, char *buffer,
                       size_t size)
{
    const char *text = database_row_value(row, column);
    size_t length = strnlen(text, size - 1);

    memcpy(buffer, text, length);
    buffer[length] = '\0';
}
