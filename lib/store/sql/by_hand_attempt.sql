-- Another attempt, under the same key, at the slots of the runs that a person chose: $1, one for each
-- of the claim's integrations or NULL. The locks are held, and the snapshot is younger than they are:
-- each run is still as it was read ($2: status, class and resolution), the last attempt at its slot,
-- and its integration is enabled and has no run that is active. Unless the person wants it again ($3),
-- no later run has taken its period over, and no part of it was exported meanwhile for an older slot.
-- $4: now; $5, $6: who makes it. A key means one period: see retry.sql.
  WITH chosen AS (
         SELECT s.*, p.starts_anew,
                EXISTS (SELECT
                          FROM sync_run_log AS d
                         WHERE d.org_id = s.org_id AND d.integration_id = s.integration_id
                           AND d.scheduled_for = s.scheduled_for
                           AND (d.error_class <> 'not_delivered' OR d.status = 'completed'))
                  AS is_key_known
           FROM pg_catalog.unnest(string_to_array(current_setting('syncsched.open'), ',')::bigint[])
                AS h (n)
           JOIN unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS k (run_id, state, n) ON k.n = h.n
           JOIN sync_run_log AS s
             ON s.run_id = k.run_id
            AND pg_catalog.concat_ws('/', s.status, s.error_class, s.resolution) = k.state
          CROSS JOIN LATERAL (
                SELECT
                -- include: columns/period_start.sql
              ) AS p (starts_anew)
          WHERE (s.scheduled_for < (SELECT max(pruned_before) FROM sync_prune_state)) IS NOT TRUE
            AND NOT EXISTS (SELECT
                              FROM sync_run_log AS o
                             WHERE o.org_id = s.org_id AND o.integration_id = s.integration_id
                               AND (o.status IN ('pending', 'running')
                                    OR o.scheduled_for = s.scheduled_for AND o.attempt > s.attempt))
            AND ($3::boolean
                 OR NOT
                 -- include: conditions/taken_over.sql
                )
       )
INSERT INTO sync_run_log AS r
       (org_id, integration_id, integration_type, scheduled_for, covers_from, period_start, attempt,
        status, idempotency_key, triggered_by, created_at, trigger_name, host)
SELECT s.org_id, s.integration_id, s.integration_type, s.scheduled_for, s.covers_from,
       CASE WHEN s.is_key_known THEN s.period_start ELSE s.starts_anew END,
       s.attempt + 1, 'pending', s.idempotency_key, 'manual',
       to_timestamp($4::float8 / 1000000::float8),
       $5, $6
  FROM chosen AS s
 WHERE $3::boolean OR NOT s.is_key_known
    OR coalesce(s.starts_anew, '-infinity') <= coalesce(s.period_start, '-infinity')
 ORDER BY s.org_id, s.integration_id
    ON CONFLICT DO NOTHING
RETURNING NULL::text AS verdict, false AS is_adopted,
       -- include: columns/takes_ms.sql
       ,
       -- include: columns/before.sql
       ,
       -- include: columns/run.sql
