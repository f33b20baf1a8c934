-- Which slots are held since the database was restored, to ask the function about them, as many as
-- $3. Held for longer than the budget ($2): whatever tick served them before has ended by then, so
-- that nothing is about to be called for. Held for a day at most: who has not answered by then
-- does not. In no order, so that those without an answer keep no others from being asked about.
SELECT r.run_id, r.idempotency_key
  FROM sync_run_log AS r
 WHERE r.status = 'failed'
   AND r.failed_at > to_timestamp($1::float8 / 1000000::float8) - interval '1 day'
   AND r.failed_at <= to_timestamp($1::float8 / 1000000::float8)
            - $2::float8 * interval '1 millisecond'
   AND r.error_class = 'unknown' AND r.error_code = 'RESTORED' AND r.resolution IS NULL
   AND NOT EXISTS (SELECT
                     FROM sync_run_log AS o
                    WHERE o.org_id = r.org_id AND o.integration_id = r.integration_id
                      AND o.scheduled_for = r.scheduled_for AND o.attempt > r.attempt)
 ORDER BY random()
 LIMIT $3::bigint
