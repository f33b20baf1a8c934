#include "integration/two_runs.h"

#include "support/testdb.h"

char *two_runs_read(void)
{
    return testdb_text(
        "SELECT string_agg(concat_ws(' ', integration_id, scheduled_for, covers_from,"
        " attempt, status, error_class, error_code, error_message,"
        " records_exported), ',' ORDER BY integration_id) FROM sync_run_log");
}

char *two_runs_serve(struct scene_tick *tick)
{
    char *rows;

    function_script(scene_function(), "10000000-0000-4000-8000-000000000002 status=500");
    *tick = scene_run("--at 2024-05-01T02:00:00Z");
    scene_check(tick, 2, 0, 1, 1);
    rows = two_runs_read();
    testdb_exec("DELETE FROM sync_run_log");
    return rows;
}
