-- Another attempt, under the same key, at the earliest failed slot of each integration whose lock
-- is held. It may still be made: this snapshot is younger than the lock. $1: now; $2: by hand; $3,
-- $4: who makes it.
-- Once an attempt may have reached the function, its period stays: the function knows the key, and
-- a key means one period.
  WITH wanted AS (
         SELECT r.run_id
           FROM pg_catalog.unnest(string_to_array(current_setting('syncsched.retry'), ',')::uuid[])
                AS h (run_id)
           JOIN sync_run_log AS r ON r.run_id = h.run_id
           JOIN organization_integrations AS i
             ON i.org_id = r.org_id AND i.integration_id = r.integration_id
          GROUP BY r.run_id
         HAVING
                -- include: conditions/enabled.sql
       ), chosen AS (
         SELECT DISTINCT ON (r.org_id, r.integration_id) r.*
           FROM wanted
           JOIN sync_run_log AS r ON r.run_id = wanted.run_id
          WHERE
                -- include: conditions/attempt.sql
          ORDER BY r.org_id, r.integration_id, r.scheduled_for
       )
INSERT INTO sync_run_log AS r
       (org_id, integration_id, integration_type, scheduled_for, covers_from, period_start, attempt,
        status, idempotency_key, triggered_by, created_at, trigger_name, host)
SELECT s.org_id, s.integration_id, s.integration_type, s.scheduled_for, s.covers_from,
       CASE WHEN EXISTS (SELECT
                           FROM sync_run_log AS d
                          WHERE d.org_id = s.org_id AND d.integration_id = s.integration_id
                            AND d.scheduled_for = s.scheduled_for
                            AND d.error_class <> 'not_delivered')
            THEN s.period_start
            ELSE
                -- include: columns/period_start.sql
       END,
       s.attempt + 1, 'pending', s.idempotency_key,
       CASE WHEN $2::boolean THEN 'manual' ELSE 'retry' END,
       to_timestamp($1::float8 / 1000000::float8), $3, $4
  FROM chosen AS s
 ORDER BY s.org_id, s.integration_id
    ON CONFLICT DO NOTHING
RETURNING NULL::text AS verdict, NOT $2::boolean AS is_adopted,
       -- include: columns/takes_ms.sql
       ,
       -- include: columns/before.sql
       ,
       -- include: columns/run.sql
