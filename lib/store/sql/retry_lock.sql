-- Which failed runs may be worth another attempt, and the locks of their integrations; what is
-- decided is decided by the next statement, whose snapshot is younger. By policy ($2 attempts at
-- most, $3: also where the function may have run) only what was begun and failed within a day,
-- after a pause that doubles from a minute to an hour, and not sooner than the answer asked for; by
-- hand ($4 to $5, the window's minutes) whatever failed there. A 409 with Retry-After says that
-- another attempt holds the key. Such attempts are not counted, and end a day after the first. CASE
-- works its conditions out in this order, the costly one last.
  WITH failed AS MATERIALIZED (
         SELECT r.run_id, r.org_id, r.integration_id
           FROM sync_run_log AS r
          WHERE r.status = 'failed'
            AND CASE
                  WHEN $4::bigint IS NULL THEN
                       r.failed_at > to_timestamp($1::bigint / 1000000.0) - interval '1 day'
                   AND r.failed_at <= to_timestamp($1::bigint / 1000000.0)
                                      - least(interval '1 hour',
                                              interval '1 minute' * (1 << least(r.attempt - 1, 10)))
                   AND r.started_at IS NOT NULL
                   AND (r.retry_at <= to_timestamp($1::bigint / 1000000.0)) IS NOT FALSE
                   AND (r.error_class <> 'unknown' OR $3::boolean)
                   AND (SELECT r.attempt - count(*) < $2::integer
                               AND (min(h.failed_at) > to_timestamp($1::bigint / 1000000.0)
                                                       - interval '1 day') IS NOT FALSE
                          FROM sync_run_log AS h
                         WHERE h.org_id = r.org_id AND h.integration_id = r.integration_id
                           AND h.scheduled_for = r.scheduled_for AND h.status = 'failed'
                           AND h.error_class = 'rejected' AND h.http_status = 409
                           AND h.retry_at IS NOT NULL)
                  ELSE r.scheduled_for >= to_timestamp($4::bigint * 60)
                   AND r.covers_from <= to_timestamp($5::bigint * 60)
                END
          ORDER BY r.org_id, r.integration_id, r.scheduled_for
          LIMIT 1000
       )
SELECT set_config('syncsched.retry',
                  coalesce(string_agg(f.run_id::text, ',')
                           FILTER (WHERE f.held), ''), true)
  FROM (SELECT failed.run_id,
               pg_try_advisory_xact_lock(
                 hashtextextended('syncsched/' || failed.org_id || '/' || failed.integration_id, 0))
                 AS held
          FROM failed
        OFFSET 0) AS f
