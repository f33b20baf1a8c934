#include "integration/prune_scene.h"

#include "support/testdb.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The program ---- */

struct program *prune_start(const char *options)
{
    static char line[200];
    const char *const argv[] = {"sh", "-c", line, TEST_BUILD_DIR "/syncsched", NULL};
    const char *const env[] = {"SUPABASE_DB_URL", NULL};

    snprintf(line, sizeof line, "exec \"$0\" prune --config /dev/null %s", options);
    return program_start(argv, env);
}

/* Runs it to its end; the caller frees what it printed. */
char *prune_run(const char *options)
{
    struct program_result result = program_wait(prune_start(options));

    ck_assert_msg(result.status == 0, "prune %s: exit %d\n%s", options, result.status, result.err);
    ck_assert_str_eq(result.err, "");
    free(result.err);
    return result.out;
}

/* The same, with the counts that it is to print. */
void prune_expect(const char *options, long deleted, long kept)
{
    char line[200];
    char start[100];
    char *out;

    snprintf(line, sizeof line, "%s --json", options);
    snprintf(start, sizeof start, "{\"deleted\":%ld,\"kept\":%ld,\"prunedBefore\":\"", deleted,
             kept);
    out = prune_run(line);
    ck_assert_msg(strncmp(out, start, strlen(start)) == 0, "not %s...: %s", start, out);
    ck_assert_ptr_nonnull(strstr(out, strstr(options, "--dry-run") != NULL
                                          ? "Z\",\"dryRun\":true,\"complete\":true}\n"
                                          : "Z\",\"dryRun\":false,\"complete\":true}\n"));
    free(out);
}

/* ---- Rows ---- */

/* A run of the n-th integration at a slot so long ago that ended so long ago (SQL intervals). */
void prune_seed_run(int n, const char *status, const char *slot_ago, const char *ended_ago,
                    int attempt)
{
    testdb_exec(
        "INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
        " covers_from, attempt, status, idempotency_key, triggered_by, worker, started_at,"
        " completed_at, failed_at, error_class, error_code) SELECT '" SCENE_ORG
        "', '%s', 'xledger',"
        " slot, slot, %d, s, 'key', 'schedule', CASE WHEN s <> 'pending' THEN 'w' END,"
        " CASE WHEN s <> 'pending' THEN ended END, CASE WHEN s = 'completed' THEN ended END,"
        " CASE WHEN s = 'failed' THEN ended END, CASE WHEN s = 'failed' THEN 'rejected' END,"
        " CASE WHEN s = 'failed' THEN 'X' END FROM (VALUES ('%s', now() - interval '%s',"
        " date_trunc('minute', now() - interval '%s'))) AS v (s, ended, slot)",
        scene_integration(n), attempt, status, ended_ago, slot_ago);
}

/* Completed runs of the first integration, one an hour for so many hours, up to the next hour. */
void prune_seed_hours(int hours)
{
    testdb_exec("INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
                " covers_from, attempt, status, idempotency_key, triggered_by, worker, started_at,"
                " completed_at) SELECT '" SCENE_ORG
                "', '%s', 'xledger', t, t, 1, 'completed', 'key',"
                " 'schedule', 'w', t, t FROM generate_series(-1, %d - 2) AS n,"
                " LATERAL (SELECT date_trunc('hour', now()) - n * interval '1 hour') AS slot (t)",
                scene_integration(1), hours);
}

/* The slot at a time so long ago, a minute. */
int64_t prune_minute_ago(const char *ago)
{
    return testdb_number("SELECT (extract(epoch FROM date_trunc('minute', now() - interval '%s'))"
                         " / 60)::bigint",
                         ago);
}
