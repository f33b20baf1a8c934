#include "integration/status_scene.h"

#include "support/scene.h"
#include "support/testdb.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IDS = 8, ENV_MAX = 16 };

void status_scene_open(void)
{
    testdb_create();
    status_scene_reset();
}

void status_scene_reset(void)
{
    testdb_exec("DELETE FROM sync_run_log; DELETE FROM sync_schedule_state;"
                "DELETE FROM sync_trigger_state; DELETE FROM organization_integrations;"
                "DELETE FROM organizations;"
                "INSERT INTO sync_trigger_state VALUES ('cron', 'alpha', now());"
                "INSERT INTO organizations (id, name) VALUES ('" STATUS_ORG "', 'Bakeri')");
}

const char *status_integration(int n)
{
    static char ids[IDS][40];
    static int next;
    char *id = ids[next = (next + 1) % IDS];

    snprintf(id, sizeof ids[0], "b0000000-0000-4000-8000-%012d", n);
    return id;
}

void status_add(int n, const char *cron)
{
    testdb_exec("INSERT INTO organization_integrations VALUES ('" STATUS_ORG
                "', '%s', 'xledger', '%s', true)",
                status_integration(n), cron);
}

/* ---- Runs ---- */

static const struct {
    const char *name;
    const char *status;
    bool is_begun;
    const char *error; /* class and code, as SQL */
} outcomes[] = {
    {"completed", "completed", true, "NULL, NULL"},
    {"failed", "failed", true, "'rejected', 'HTTP_500'"},
    {"unknown", "failed", true, "'unknown', 'TIMEOUT'"},
    {"given_up", "failed", false, "'not_delivered', 'GIVEN_UP'"},
    {"cancelled", "failed", false, "'not_delivered', 'CANCELLED'"},
    {"running", "running", true, "NULL, NULL"},
    {"accepted", "running", true, "NULL, NULL"},
    {"pending", "pending", false, "NULL, NULL"},
};

static void add_run(int n, const char *outcome, int attempt, const char *ago)
{
    size_t i = sizeof outcomes / sizeof *outcomes - 1;

    while (i > 0 && strcmp(outcomes[i].name, outcome) != 0)
        i--;
    ck_assert_str_eq(outcomes[i].name, outcome);
    testdb_exec("INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
                " covers_from, attempt, status, idempotency_key, triggered_by, worker, created_at,"
                " started_at, completed_at, failed_at, records_exported, error_class, error_code,"
                " trigger_name, host)"
                " SELECT '" STATUS_ORG
                "', '%s', 'xledger', slot, slot, %d, status, 'key', 'schedule',"
                "        CASE WHEN begun THEN 'w' END, slot, CASE WHEN begun THEN slot + '4 s' END,"
                "        CASE status WHEN 'completed' THEN slot + '9 s' END,"
                "        CASE status WHEN 'failed' THEN slot + '9 s' END,"
                "        CASE status WHEN 'completed' THEN 120 END, %s, 'cron', 'alpha'"
                "   FROM (SELECT date_trunc('minute', now()) - interval '%s' AS slot,"
                "                '%s'::text AS status, %s AS begun) AS r",
                status_integration(n), attempt, outcomes[i].error, ago, outcomes[i].status,
                outcomes[i].is_begun ? "true" : "false");
    if (strcmp(outcome, "accepted") == 0)
        testdb_exec("UPDATE sync_run_log SET accepted_at = started_at + interval '1 s'"
                    " WHERE integration_id = '%s' AND status = 'running'",
                    status_integration(n));
}

void status_add_runs(int n, const char *runs)
{
    char outcome[16];
    char ago[32];
    int used;

    for (const char *at = runs; *at != '\0'; at += at[used] == ',' ? used + 2 : used) {
        int attempt = 1;

        used = 0;
        ck_assert_int_eq(sscanf(at, "%15[a-z_]%n", outcome, &used), 1);
        at += used;
        if (*at == '#') {
            ck_assert_int_eq(sscanf(at, "#%d%n", &attempt, &used), 1);
            at += used;
        }
        ck_assert_int_eq(sscanf(at, " %31[^,]%n", ago, &used), 1);
        add_run(n, outcome, attempt, ago);
    }
}

/* ---- The program ---- */

struct program_result status_run(const char *line, const char *const env[])
{
    const char *all[ENV_MAX] = {"SUPABASE_DB_URL", "TZ=America/New_York"};
    size_t n = 2;

    for (size_t i = 0; env != NULL && env[i] != NULL; i++)
        all[n++] = env[i];
    ck_assert_uint_lt(n, ENV_MAX);
    return scene_command(line, all);
}

json_t *status_read(const char *command, int status)
{
    struct program_result result;
    char line[200];
    json_t *json;

    snprintf(line, sizeof line, "%s --json", command);
    result = status_run(line, NULL);
    ck_assert_msg(result.status == status, "%s: exit %d: %s%s", line, result.status, result.err,
                  result.out);
    ck_assert_str_eq(result.err, "");
    json = json_loads(result.out, 0, NULL);
    ck_assert_msg(json != NULL, "no JSON: %s", result.out);
    program_result_free(&result);
    return json;
}
