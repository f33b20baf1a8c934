-- Deletes the next runs that may go, at most $6, in key order behind the last one found ($2 to $5;
-- NULL: from the start), of slots before $1, a minute. What stays, and who still asks for it:
--   pending and running runs: adopt.sql, abandon.sql;
--   what ended lately, however old its slot: retry.sql (a day back), late.sql. A newer attempt ends
--     later than the one it repeats, so it never goes first;
--   the last run of an integration: people;
--   the last run completed before $1, and whatever may have been done since: claim.sql and
--     retry.sql, for the period of a run at any slot that is still served. An outcome that is
--     unknown may yet be resolved, so none of them replaces what lies before it;
--   what lies ahead of the mark of a schedule in force: the next tick looks there for what is
--     covered.
--     At and behind the mark no tick inserts anything (claim.sql), and a mark only moves forward.
-- None of this becomes true of a run once it may go. A run that somebody else holds must not stop
-- the others: it is left for the next call. $7: a dry run locks and deletes nothing. OFFSET 0 keeps
-- the planner from hashing the whole log for each batch.
  WITH found AS MATERIALIZED (
         SELECT r.run_id, r.org_id, r.integration_id, r.scheduled_for, r.attempt
           FROM sync_run_log AS r
          WHERE (r.org_id, r.integration_id, r.scheduled_for, r.attempt)
                > (coalesce($2::uuid, '00000000-0000-0000-0000-000000000000'),
                   coalesce($3::uuid, '00000000-0000-0000-0000-000000000000'),
                   coalesce(to_timestamp($4::float8 * 60::float8), '-infinity'),
                       coalesce($5::integer, 0))
            AND r.scheduled_for < to_timestamp($1::float8 * 60::float8)
            AND r.status IN ('completed', 'failed')
            AND coalesce(r.completed_at, r.failed_at) < to_timestamp($1::float8 * 60::float8)
            AND r.scheduled_for <= coalesce((SELECT s.mark
                                               FROM sync_schedule_state AS s
                                              WHERE s.org_id = r.org_id
                                                AND s.integration_id = r.integration_id
                                                AND s.schedule <> ''), 'infinity')
            AND CASE
                  WHEN r.status = 'completed'
                    OR r.error_class = 'unknown' AND r.resolution IS NULL
                    OR r.resolution = 'done' THEN
                       EXISTS (SELECT
                                 FROM sync_run_log AS l
                                WHERE l.org_id = r.org_id AND l.integration_id = r.integration_id
                                  AND l.scheduled_for < to_timestamp($1::float8 * 60::float8)
                                  AND l.scheduled_for >= r.scheduled_for
                                  AND (l.scheduled_for, l.attempt) > (r.scheduled_for, r.attempt)
                                  AND l.status = 'completed'
                               OFFSET 0)
                  ELSE EXISTS (SELECT
                                 FROM sync_run_log AS l
                                WHERE l.org_id = r.org_id AND l.integration_id = r.integration_id
                                  AND (l.scheduled_for, l.attempt) > (r.scheduled_for, r.attempt)
                               OFFSET 0)
                END
          ORDER BY r.org_id, r.integration_id, r.scheduled_for, r.attempt
          LIMIT $6::integer
       ), unlocked AS MATERIALIZED (
         SELECT run_id
           FROM sync_run_log
          WHERE NOT $7::boolean
            AND run_id = ANY (ARRAY(SELECT run_id FROM found))
            AND status IN ('completed', 'failed')
            FOR UPDATE SKIP LOCKED
       ), deleted AS (
         DELETE FROM sync_run_log AS r
          USING unlocked AS u
          WHERE r.run_id = u.run_id
         RETURNING r.run_id
       )
SELECT (SELECT count(*) FROM found) AS found,
       (SELECT count(*) FROM deleted) AS deleted,
       l.org_id, l.integration_id, l.attempt,
       (date_part('epoch', l.scheduled_for) / 60::float8)::bigint AS scheduled_for
  FROM (VALUES (true)) AS always
  LEFT JOIN (SELECT *
               FROM found
              ORDER BY org_id DESC, integration_id DESC, scheduled_for DESC, attempt DESC
              LIMIT 1) AS l ON true
