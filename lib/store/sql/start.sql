-- pending -> running. Whoever finds it pending has it; everybody else finds nothing to update. With
-- the integration besides the run every index of the log leads to the one row: by the run alone,
-- where statistics are old, the planner may look through all runs that are active.
-- It stays pending while its external system asked not to be called, and while there is no place
-- for its call: $6 calls of all types, $7 of its own; NULL: no limit, and then nothing is looked
-- at. Behind start_lock.sql the number of calls is exact. A call is over when the log says so, or
-- its tick's time is ($5, in milliseconds from now), though its host died. A throttle from the
-- future was written by a clock that was wrong.
-- $8: when the tick read or claimed, in microseconds. It began no earlier than that, though the
-- database's clock has stepped back since.
-- $9: a worker may have lived through a restore or a promotion. What this database had pending then
-- may have been called for since (adopt.sql).
UPDATE sync_run_log
   SET status = 'running', worker = $4,
       started_at = greatest(now(), to_timestamp($8::float8 / 1000000::float8)),
       call_until = now() + $5::float8 * interval '1 millisecond'
 WHERE run_id = $1::uuid AND org_id = $2::uuid AND integration_id = $3::uuid AND status = 'pending'
   AND ($9::boolean IS NOT TRUE
        OR ((SELECT x.restored_us
               FROM (SELECT
                            -- include: columns/restored.sql
                    ) AS x)
            >= (date_part('epoch', created_at) * 1000000::float8)::bigint) IS NOT TRUE)
   AND NOT EXISTS (SELECT
                     FROM sync_throttle_state AS t
                    WHERE t.integration_type = sync_run_log.integration_type
                      AND t.throttled_until > now()
                      AND t.asked_at <= now() + interval '60 seconds')
   AND ($6::bigint IS NULL AND $7::bigint IS NULL
        OR (SELECT coalesce(count(*) < $6::bigint, true)
                   AND coalesce(count(*) FILTER (
                                  WHERE c.integration_type = sync_run_log.integration_type
                                ) < $7::bigint, true)
              FROM sync_run_log AS c
             WHERE c.status = 'running' AND c.accepted_at IS NULL
               AND (c.call_until > now()) IS NOT FALSE))
RETURNING
       -- include: columns/run_state.sql
