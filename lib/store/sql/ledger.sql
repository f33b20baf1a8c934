-- The function's ledger and the log, slot by slot, in one snapshot: an export that ends meanwhile is
-- in both or its run is under way. $1 to $2 (minutes), but no slot that may still be served; $3, $4:
-- only this organisation, this integration. The relation is not ours, and may have columns of other
-- types and any content: everything is taken as text, and only what is known is sent. A key that is
-- not one of a slot becomes NULL. Those are counted in a row of their own, which matches no run.
WITH slots AS (
  SELECT f.minute, f.second, to_timestamp($1::float8 * 60::float8) AS from_time, t.to_time,
         to_char(to_timestamp($1::float8 * 60::float8) AT TIME ZONE 'UTC', f.second) AS from_text,
         to_char(t.to_time AT TIME ZONE 'UTC', f.second) AS to_text,
         (SELECT to_char(p.pruned_before AT TIME ZONE 'UTC', f.second)
            FROM sync_prune_state AS p
           WHERE isfinite(p.pruned_before)) AS pruned_text
    FROM (SELECT 'YYYY-MM-DD"T"HH24:MI":00Z"' AS minute, 'YYYY-MM-DD"T"HH24:MI:SS"Z"' AS second)
           AS f
   CROSS JOIN (SELECT least(to_timestamp($2::float8 * 60::float8), now() - interval '1 minute')
                 AS to_time)
           AS t
), ledger AS (
  SELECT w.key, count(*) AS ledger_rows,
         count(*) FILTER (WHERE w.state = 'completed') AS completed_rows,
         CASE WHEN bool_or(w.state = 'completed') THEN 'completed' ELSE min(w.state) END AS state,
         max(w.records) FILTER (WHERE w.state = 'completed') AS ledger_records
    FROM (SELECT CASE
                   WHEN octet_length(e.idempotency_key::text) = 94
                        AND e.idempotency_key::text COLLATE "C"
                            ~ ('^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/){2}'
                               '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:00Z$')
                   THEN e.idempotency_key::text COLLATE "C"
                 END AS key,
                 CASE
                   WHEN e.state::text COLLATE "C" IN ('completed', 'absent', 'held', 'unknown')
                   THEN e.state::text COLLATE "C"
                   ELSE 'other'
                 END AS state,
                 CASE
                   WHEN e.records_exported IS NULL THEN NULL
                   WHEN e.records_exported::text COLLATE "C" ~ '^[0-9]{1,18}([.]0+)?$'
                   THEN split_part(e.records_exported::text, '.', 1)::bigint
                   ELSE -1
                 END AS records
            FROM sync_export_ledger AS e) AS w
   CROSS JOIN slots AS s
   WHERE w.key IS NULL
      OR right(w.key, 20) >= s.from_text AND right(w.key, 20) < s.to_text
         AND ($3::uuid IS NULL OR left(w.key, 36) = $3::text)
         AND ($4::uuid IS NULL OR substr(w.key, 38, 36) = $4::text)
   GROUP BY w.key
), log AS (
  SELECT DISTINCT ON (r.org_id, r.integration_id, r.scheduled_for)
         (r.org_id::text || '/' || r.integration_id::text || '/'
          || to_char(r.scheduled_for AT TIME ZONE 'UTC', s.minute)) COLLATE "C" AS key,
         r.run_id, r.attempt, r.status, r.resolution, r.records_exported, r.error_class,
         r.error_code, r.http_status
    FROM slots AS s
    JOIN sync_run_log AS r ON r.scheduled_for >= s.from_time AND r.scheduled_for < s.to_time
   WHERE ($3::uuid IS NULL OR r.org_id = $3)
     AND ($4::uuid IS NULL OR r.integration_id = $4)
   ORDER BY r.org_id, r.integration_id, r.scheduled_for,
            r.status = 'completed' OR r.resolution IS NOT DISTINCT FROM 'done' DESC, r.attempt DESC
)
SELECT k.key, left(k.key, 36) AS org_id, substr(k.key, 38, 36) AS integration_id,
       right(k.key, 20) AS slot,
       coalesce(right(k.key, 20) < (SELECT pruned_text FROM slots), false) AS is_pruned,
       k.ledger_rows, k.completed_rows, k.state, k.ledger_records, k.run_id, k.attempt, k.status,
       k.resolution, k.records_exported, k.error_class, k.error_code, k.http_status
  FROM (SELECT coalesce(l.key, r.key) AS key, l.ledger_rows, l.completed_rows, l.state,
               l.ledger_records, r.run_id, r.attempt, r.status, r.resolution, r.records_exported,
               r.error_class, r.error_code, r.http_status
          FROM ledger AS l
          FULL JOIN log AS r ON r.key = l.key) AS k
 ORDER BY k.key
