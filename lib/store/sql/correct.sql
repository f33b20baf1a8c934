-- Runs that a clock from the future started, or failed without a start. That they began before their
-- slots is kept: they began no later than now ($3). What a run was made for stays as it is. Runs of
-- the past cost an index's look beyond now. SKIP LOCKED: a worker may be storing the outcome.
  WITH ahead AS (
         SELECT r.run_id
           FROM pg_catalog.unnest(string_to_array(current_setting('syncsched.open'), ',')::bigint[])
                AS h (n)
           JOIN unnest($1::uuid[], $2::uuid[])
                WITH ORDINALITY AS k (org_id, integration_id, n) ON k.n = h.n
           JOIN sync_run_log AS r
             ON r.org_id = k.org_id AND r.integration_id = k.integration_id
            AND r.scheduled_for > to_timestamp($3::float8 / 1000000::float8)
          WHERE CASE
                  WHEN r.started_at IS NULL AND r.status = 'failed' THEN r.created_at
                  ELSE r.started_at
                END > greatest(to_timestamp($3::float8 / 1000000::float8), now())
                      + interval '60 seconds'
            FOR UPDATE OF r SKIP LOCKED
       )
UPDATE sync_run_log AS r
   SET started_at = CASE
                      WHEN r.started_at IS NOT NULL
                      THEN to_timestamp($3::float8 / 1000000::float8)
                    END,
       created_at = CASE
                      WHEN r.started_at IS NULL THEN to_timestamp($3::float8 / 1000000::float8)
                      ELSE r.created_at
                    END
  FROM ahead
 WHERE r.run_id = ahead.run_id
