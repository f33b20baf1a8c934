-- Which of the integrations whose lock is held may be decided on: those whose state row no stranger
-- has locked and still tells what was read, and which are enabled with the text that was read (or
-- disabled, if that was read). The row locks keep the state as it is until the marks are written.
-- $6: a run by hand, or a dry one, leaves the state alone.
  WITH held AS (
         SELECT k.*
           FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[])
                WITH ORDINALITY AS k (org_id, integration_id, text_read, schedule, state_text, n)
           JOIN unnest(string_to_array(current_setting('syncsched.held'), ',')::bigint[]) AS h (n)
             ON h.n = k.n
       ), unlocked AS MATERIALIZED (
         SELECT held.n, s.schedule
           FROM sync_schedule_state AS s
           JOIN held ON held.org_id = s.org_id AND held.integration_id = s.integration_id
          WHERE NOT $6::boolean
          ORDER BY s.org_id, s.integration_id
            FOR UPDATE OF s SKIP LOCKED
       )
SELECT set_config('syncsched.open', coalesce(string_agg(held.n::text, ',' ORDER BY held.n), ''), true)
  FROM held
  LEFT JOIN unlocked AS u ON u.n = held.n
  LEFT JOIN organization_integrations AS i
    ON i.org_id = held.org_id AND i.integration_id = held.integration_id
  LEFT JOIN organizations AS o ON o.id = i.org_id
 WHERE ($6::boolean OR u.schedule IN (held.schedule, held.state_text))
   AND CASE WHEN i.is_enabled
            THEN left(i.cron_schedule::text, 1001) || ' ' || coalesce(left(o.timezone::text, 65), 'UTC')
       END IS NOT DISTINCT FROM held.text_read
