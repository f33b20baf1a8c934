-- One attempt for all that the function says it has not done of an integration: at the last such
-- slot, with a period from the last one that was done or may have been. The function does not know
-- the key, so it may mean another period than before. Not while a later slot was done, or may have
-- been, that is held itself, or whose period does not begin behind this one: that may have exported
-- it. $1: now; $2, $3: who makes it.
  WITH absent AS (
         SELECT DISTINCT ON (r.org_id, r.integration_id) r.*
           FROM pg_catalog.unnest(string_to_array(current_setting('syncsched.answered'),
                                                  ',')::uuid[])
                AS h (run_id)
           JOIN sync_run_log AS r ON r.run_id = h.run_id
          WHERE r.resolution = 'not_done' AND r.resolved_by = 'function'
          ORDER BY r.org_id, r.integration_id, r.scheduled_for DESC
       ), wanted AS (
         SELECT a.run_id
           FROM absent AS a
           JOIN organization_integrations AS i
             ON i.org_id = a.org_id AND i.integration_id = a.integration_id
          GROUP BY a.run_id
         HAVING
                -- include: conditions/enabled.sql
       )
INSERT INTO sync_run_log AS r
       (org_id, integration_id, integration_type, scheduled_for, covers_from, period_start, attempt,
        status, idempotency_key, triggered_by, created_at, trigger_name, host)
SELECT s.org_id, s.integration_id, s.integration_type, s.scheduled_for, s.covers_from,
       -- include: columns/period_start.sql
       , s.attempt + 1, 'pending', s.idempotency_key, 'retry',
       to_timestamp($1::float8 / 1000000::float8), $2, $3
  FROM absent AS s
  JOIN wanted USING (run_id)
 WHERE NOT EXISTS (SELECT
                     FROM sync_run_log AS o
                    WHERE o.org_id = s.org_id AND o.integration_id = s.integration_id
                      AND (o.status IN ('pending', 'running')
                           OR o.scheduled_for = s.scheduled_for AND o.attempt > s.attempt
                           OR o.scheduled_for > s.scheduled_for
                          AND (o.status = 'completed' OR o.resolution = 'done'
                               OR o.error_class = 'unknown' AND o.resolution IS NULL)
                          AND (o.period_start >= s.scheduled_for
                               AND o.error_code IS DISTINCT FROM 'RESTORED') IS NOT TRUE))
 ORDER BY s.org_id, s.integration_id
    ON CONFLICT DO NOTHING
RETURNING NULL::text AS verdict, true AS is_adopted,
       -- include: columns/takes_ms.sql
       ,
       -- include: columns/before.sql
       ,
       -- include: columns/run.sql
