-- Everything a tick decides from, in one statement: the clock, whether runs wait to be abandoned,
-- adopted or, if that is wanted ($1), tried again, up to when the log was pruned, and each schedule
-- with its organisation's zone and its state. There is always a row, for the sake of the clock and the
-- schema's version, which is a constant once this is planned. A FULL JOIN, because the state of an
-- integration that was disabled or deleted must be closed, too. Long texts are cut one character
-- past what is valid: hostile rows stay small. OFFSET 0 keeps the first subquery whole, so that it
-- is worked out once and not for each row, and date_part() is exact for minutes at a third of the
-- cost of extract(), which counts in numeric.
SELECT c.now_us, c.unfinished,
       r.org_id, r.integration_id, r.is_active, r.has_organization,
       r.integration_type, r.cron_schedule, r.timezone, r.schedule_seen, r.mark,
       c.pruned_before, c.schema_version
  FROM (SELECT (extract(epoch FROM now()) * 1000000)::bigint AS now_us,
               EXISTS (
                 SELECT FROM sync_run_log
                  WHERE status = 'running' AND started_at < now() - interval '30 minutes'
                     OR status = 'pending' AND created_at < now() - interval '55 seconds'
               ) OR $1::boolean AND EXISTS (
                 SELECT FROM sync_run_log
                  WHERE status = 'failed' AND failed_at > now() - interval '1 day'
                    AND started_at IS NOT NULL
               ) AS unfinished,
               (SELECT ceil(extract(epoch FROM max(pruned_before)) / 60)::bigint
                  FROM sync_prune_state) AS pruned_before,
               sync_schema_version() AS schema_version
        OFFSET 0) AS c
  LEFT JOIN (
         SELECT coalesce(i.org_id, s.org_id) AS org_id,
                coalesce(i.integration_id, s.integration_id) AS integration_id,
                i.is_enabled IS TRUE AND i.cron_schedule IS NOT NULL AS is_active,
                o.id IS NOT NULL AS has_organization,
                left(i.integration_type::text, 64) AS integration_type,
                left(i.cron_schedule::text, 1001) AS cron_schedule,
                left(o.timezone::text, 65) AS timezone,
                s.schedule AS schedule_seen,
                (date_part('epoch', s.mark) / 60)::bigint AS mark
           FROM organization_integrations AS i
           FULL JOIN sync_schedule_state AS s
             ON s.org_id = i.org_id AND s.integration_id = i.integration_id
           LEFT JOIN organizations AS o ON o.id = i.org_id
          WHERE i.is_enabled AND i.cron_schedule IS NOT NULL OR s.schedule <> ''
       ) AS r ON true
