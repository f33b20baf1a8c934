-- Which failed runs are attempted again, the earliest of each integration, and the locks of these
-- integrations. The next statement, whose snapshot is younger, decides again. By policy ($3
-- attempts at most, $4: also where the function may have run) only what was begun and failed within
-- a day, after a pause that doubles from a minute to an hour, and not sooner than the answer asked
-- for, nor what failed before the database was restored ($8): another attempt may have been made
-- before that. By hand ($2; $5 to $6, the window's minutes) whatever failed there, with $4 also what
-- may have run. A 409 with
-- Retry-After says that another attempt holds the key. Such attempts are not counted, and end a day
-- after the first. CASE works its conditions out in this order, the costly one last. Each
-- integration is looked at by itself, slot by slot until one may be tried: what has failed may be
-- very much. As many as one transaction has locks for, and only once it is known which may be
-- tried: what may not must not take the place of what may. Organisations take turns. A dry run ($7)
-- takes no lock, and all of them. $9: of these integrations, as
-- ORG/INTEGRATION; NULL: of all.
  WITH hurt AS MATERIALIZED (
         SELECT r.org_id, r.integration_id, min(r.scheduled_for) AS first_slot
           FROM sync_run_log AS r
          WHERE r.status = 'failed'
            AND ($9::text[] IS NULL
                 OR r.org_id::text || '/' || r.integration_id::text = ANY ($9::text[]))
            AND CASE
                  WHEN NOT $2::boolean
                  THEN r.failed_at > to_timestamp($1::float8 / 1000000::float8) - interval '1 day'
                  ELSE r.scheduled_for >= to_timestamp($5::float8 * 60::float8)
                   AND r.covers_from <= to_timestamp($6::float8 * 60::float8)
                END
          GROUP BY r.org_id, r.integration_id
       ), failed AS MATERIALIZED (
         SELECT f.*
           FROM hurt AS h
          CROSS JOIN LATERAL (
                SELECT r.run_id, r.org_id, r.integration_id, r.scheduled_for
                  FROM sync_run_log AS r
                 WHERE r.org_id = h.org_id AND r.integration_id = h.integration_id
                   AND r.scheduled_for >= h.first_slot AND r.status = 'failed'
                   AND CASE
                         WHEN NOT $2::boolean THEN
                              r.failed_at > to_timestamp($1::float8 / 1000000::float8)
                                  - interval '1 day'
                          AND (r.failed_at > to_timestamp($8::float8 / 1000000::float8))
                              IS NOT FALSE
                          AND r.failed_at <= to_timestamp($1::float8 / 1000000::float8)
                                             - least(interval '1 hour',
                                                     interval '1 minute'
                                                     * (1 << least(r.attempt - 1, 10))::float8)
                          AND r.started_at IS NOT NULL
                          AND (r.retry_at <= to_timestamp($1::float8 / 1000000::float8))
                              IS NOT FALSE
                          AND (r.error_class <> 'unknown' OR r.resolution = 'not_done'
                               OR $4::boolean)
                          AND (SELECT r.attempt - count(*) < $3::integer
                                      AND (min(k.failed_at)
                                           > to_timestamp($1::float8 / 1000000::float8)
                                                              - interval '1 day') IS NOT FALSE
                                 FROM sync_run_log AS k
                                WHERE k.org_id = r.org_id AND k.integration_id = r.integration_id
                                  AND k.scheduled_for = r.scheduled_for AND k.status = 'failed'
                                  AND k.error_class = 'rejected' AND k.http_status = 409
                                  AND k.retry_at IS NOT NULL)
                         ELSE r.scheduled_for >= to_timestamp($5::float8 * 60::float8)
                          AND r.covers_from <= to_timestamp($6::float8 * 60::float8)
                          AND (r.error_class <> 'unknown' OR r.resolution IS NOT NULL
                               OR $4::boolean)
                       END
                   AND
                       -- include: conditions/attempt.sql
                 ORDER BY r.scheduled_for
                 LIMIT 1
              ) AS f
       ), wanted AS (
         SELECT f.*,
                row_number() OVER (PARTITION BY f.org_id
                                   ORDER BY f.scheduled_for, f.integration_id) AS turn
           FROM failed AS f
           JOIN organization_integrations AS i
             ON i.org_id = f.org_id AND i.integration_id = f.integration_id
          GROUP BY f.run_id, f.org_id, f.integration_id, f.scheduled_for
         HAVING
                -- include: conditions/enabled.sql
          ORDER BY turn, f.scheduled_for, f.org_id
          LIMIT CASE WHEN $7::boolean THEN NULL ELSE 1000 END
       )
SELECT set_config('syncsched.retry',
                  coalesce(string_agg(w.run_id::text, ',')
                           FILTER (WHERE w.held), ''), true)
  FROM (SELECT wanted.run_id,
               CASE
                 WHEN $7::boolean THEN true
                 ELSE pg_try_advisory_xact_lock(
                        hashtextextended('syncsched/' || wanted.org_id::text || '/'
                                           || wanted.integration_id::text, 0::bigint))
               END AS held
          FROM wanted
        OFFSET 0) AS w
