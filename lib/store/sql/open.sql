-- Which of the integrations whose lock is held may be decided on: those whose state row no stranger
-- has locked and still holds what was read, and which are enabled with the expression and the zone
-- that were read (or disabled, if that was read), in one row and no more. The row locks keep the
-- state unchanged until the marks are written. $7: a run by hand, or a dry one, leaves the state
-- alone.
  WITH held AS (
         SELECT k.*
           FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
                WITH ORDINALITY
                AS k (org_id, integration_id, cron_schedule, timezone, text, state_text, n)
           JOIN pg_catalog.unnest(string_to_array(current_setting('syncsched.held'), ',')::bigint[])
                AS h (n)
             ON h.n = k.n
       ), unlocked AS MATERIALIZED (
         SELECT held.n, s.schedule
           FROM sync_schedule_state AS s
           JOIN held ON held.org_id = s.org_id AND held.integration_id = s.integration_id
          WHERE NOT $7::boolean
          ORDER BY s.org_id, s.integration_id
            FOR UPDATE OF s SKIP LOCKED
       )
SELECT set_config('syncsched.open', coalesce(string_agg(f.n::text, ',' ORDER BY f.n), ''), true)
  FROM (SELECT held.n
          FROM held
          LEFT JOIN unlocked AS u ON u.n = held.n
          LEFT JOIN organization_integrations AS i
            ON i.org_id = held.org_id AND i.integration_id = held.integration_id
          LEFT JOIN organizations AS o ON o.id = i.org_id
         CROSS JOIN LATERAL (
                SELECT
                       -- include: columns/texts.sql
              ) AS t
         GROUP BY held.n
        HAVING count(*) = 1
           AND bool_and(
                 ($7::boolean OR u.schedule IN (held.text, held.state_text))
                 AND CASE WHEN i.is_enabled THEN t.cron_schedule END
                     IS NOT DISTINCT FROM held.cron_schedule
                 AND (held.cron_schedule IS NULL
                      OR t.timezone IS NOT DISTINCT FROM held.timezone))
       ) AS f
