-- Everything a tick decides from, in one statement: the clock, whether runs wait to be abandoned,
-- adopted or, if that is wanted ($1), tried again, whether slots are held of which the function can
-- be asked ($2: if that is wanted), whether runs were reported that nobody has spoken of yet, up to
-- when the log was pruned, and each schedule with its organisation's zone and its state. There is
-- always a row, for the sake of the clock and the schema's version, which is a constant once this
-- is planned. A FULL JOIN, because the state of
-- an integration that was disabled or deleted must be closed, too. OFFSET 0 keeps the first
-- subquery whole, so that it is worked out once and not for each row.
-- restored_us is up to when it is not known what was served, since the database was restored: the
-- greatest bigint where no tick has seen this one yet, or a clock that was wrong kept it.
-- A mark or a run is from the future when it lies more than a minute ahead. Of such a mark's
-- schedule this also returns the minute up to which the log shows its slots as served: a run that
-- is folded over what is still to come has served what lies before its start.
SELECT c.now_us, c.unfinished, c.held, c.reported, c.pruned_before, c.restored_us, c.schema_version, r.*
  FROM (SELECT (date_part('epoch', now()) * 1000000::float8)::bigint AS now_us,
               EXISTS (
                 SELECT FROM sync_run_log
                  WHERE status = 'running'
                    AND (started_at < now() - interval '30 minutes'
                         OR started_at > now() + interval '60 seconds')
                     OR status = 'pending'
                    AND (created_at < now() - interval '55 seconds' OR left_at IS NOT NULL
                         OR created_at > now() + interval '60 seconds')
               ) OR $1::boolean AND EXISTS (
                 SELECT FROM sync_run_log
                  WHERE status = 'failed' AND failed_at > now() - interval '1 day'
                    AND started_at IS NOT NULL
               ) AS unfinished,
               $2::boolean AND EXISTS (
                 SELECT FROM sync_run_log
                  WHERE status = 'failed' AND failed_at > now() - interval '1 day'
                    AND error_code = 'RESTORED' AND resolution IS NULL
               ) AS held,
               (SELECT is_unsaid FROM sync_run_log WHERE is_unsaid ORDER BY scheduled_for LIMIT 1)
                 AS reported,
               (SELECT ceil(date_part('epoch', max(pruned_before)) / 60::float8)::bigint
                  FROM sync_prune_state) AS pruned_before,
               -- include: columns/restored.sql
               ,
               sync_schema_version() AS schema_version
        OFFSET 0) AS c
  LEFT JOIN (
         SELECT CASE
                  WHEN s.mark > now() + interval '60 seconds'
                  THEN floor(date_part('epoch', greatest(
                         (SELECT max(b.scheduled_for)
                            FROM sync_run_log AS b
                           WHERE b.org_id = s.org_id AND b.integration_id = s.integration_id
                             AND b.scheduled_for <= now()),
                         (SELECT max(least(b.started_at, now()))
                            FROM sync_run_log AS b
                           WHERE b.org_id = s.org_id AND b.integration_id = s.integration_id
                             AND b.scheduled_for > now() AND b.covers_from <= now())))
                       / 60::float8)::bigint
                END AS served,
                -- include: columns/schedule.sql
                ,
                -- include: columns/texts.sql
           FROM organization_integrations AS i
           FULL JOIN sync_schedule_state AS s
             ON s.org_id = i.org_id AND s.integration_id = i.integration_id
           LEFT JOIN organizations AS o ON o.id = i.org_id
          WHERE i.is_enabled AND i.cron_schedule IS NOT NULL OR s.schedule <> ''
       ) AS r ON true
