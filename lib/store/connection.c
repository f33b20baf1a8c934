#include "store/connection.h"

#include "base/memory.h"
#include "base/text.h"
#include "store/conninfo.h"
#include "store/thread.h"
#include "time/wait.h"

#include <stdlib.h>
#include <string.h>

static void connection_ignore_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

/* ---- Connecting ---- */

enum { CONNECTION_GRACE_MS = 100 };

static bool connection_check_url(const char *url, struct error *err)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &message);
    bool ok = options != NULL;

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
struct connection_attempt {
    char *url; /* NULL: libpq's own variables */
    int64_t deadline_ms;
    PGconn *connection;
    bool is_late;
};

/*
 * For a thread, because libpq waits in it for name servers and Kerberos servers, and cannot be
 * interrupted.
 */
static void connection_connect(void *context)
{
    /* What follows the URL takes precedence over what it says. */
    static const char *const keywords[] = {"dbname", "fallback_application_name", "client_encoding",
                                           NULL};
    struct connection_attempt *attempt = context;
    const char *const values[] = {attempt->url, "syncsched", "UTF8", NULL};
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;

    attempt->connection = PQconnectStartParams(keywords, values, 1);
    PQsetNoticeReceiver(attempt->connection, connection_ignore_notice, NULL);
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

static void connection_release(void *context)
{
    struct connection_attempt *attempt = context;

    PQfinish(attempt->connection);
    free(attempt->url);
    free(attempt);
}

static bool connection_explain(const struct connection_attempt *attempt, struct error *err)
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
    /* OpenSSL's words, which are not translated; libpq has no others for all of these. */
    if (strstr(err->message, "certificate verify failed") != NULL)
        return error_hint(err, "the server's certificate has expired, or no authority in "
                               "sslrootcert has signed it");
    return error_hint(err, "check SUPABASE_DB_URL, or PGHOST, PGPORT, PGUSER, PGPASSWORD and "
                           "PGDATABASE, and that the server runs");
}

/* ---- Whether others may listen ---- */

bool connection_is_exposed(PGconn *connection, const char **way, struct error *warning)
{
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

/* ---- All of it ---- */

PGconn *connection_open(const struct database_address *address, int64_t deadline_ms,
                        struct error *err)
{
    struct connection_attempt *attempt;
    struct error warning;
    const char *way;
    PGconn *connection = NULL;

    if (address->url != NULL && !connection_check_url(address->url, err))
        return NULL;
    attempt = memory_allocate(1, sizeof *attempt);
    attempt->url = memory_copy_text(address->url);
    attempt->deadline_ms = deadline_ms;
    /* The thread keeps to the deadline where it can; where it cannot, it is left behind. */
    if (!thread_run(connection_connect, connection_release, attempt,
                    deadline_ms + CONNECTION_GRACE_MS)) {
        error_set(err, ERROR_DATABASE,
                  "no connection to the database in time: no name server answers");
        error_hint(err, "check the host in SUPABASE_DB_URL or PGHOST, and this machine's name "
                        "servers");
        return NULL;
    }
    if (attempt->is_late || PQstatus(attempt->connection) != CONNECTION_OK ||
        PQsetnonblocking(attempt->connection, 1) != 0 ||
        PQenterPipelineMode(attempt->connection) != 1) {
        connection_explain(attempt, err);
    } else {
        connection = attempt->connection;
        attempt->connection = NULL;
        if (address->warn != NULL && connection_is_exposed(connection, &way, &warning))
            address->warn(&warning);
    }
    connection_release(attempt);
    return connection;
}
