-- A random history of two organisations, for tests/integration/test_twins.c. Settings of the session say which:
-- twins.seed; twins.ids, what the second one's integrations begin with; twins.last, the last slot. Slots are
-- six hours apart.
SELECT setseed(current_setting('twins.seed')::float8 / 100);

INSERT INTO organizations (id, name) VALUES ('00000000-0000-4000-8000-00000000000b', 'Tvilling');

-- Who there is. kind: of two rows, enabled, disabled, deleted; chance: what is edited, and where the mark is;
-- ending: whose runs ended days ago. Of each fifth one, both marks lie ahead; of the one before it, that of
-- the second organisation alone. The last two differ in one digit, and the first organisation has
-- deleted both.
CREATE TEMPORARY TABLE parts AS
SELECT org, n,
       (prefix || '-0000-4000-8000-'
          || lpad((CASE WHEN n < 25 THEN 10 * n ELSE 966 + n END)::text, 12, '0'))::uuid AS integration,
       (ARRAY['xledger', 'dynamics', 'bufdir'])[1 + floor(random() * 3)] AS type,
       format('0 %s * * *', CASE WHEN random() < 0.5 THEN hours ELSE twice END) AS cron,
       format('0 %s * * *', hours) AS edited,
       greatest(random(), CASE WHEN n > 24 AND right(org::text, 1) = 'a' THEN 0.95 END) AS kind,
       random() * CASE WHEN n % 5 = 0 OR n % 5 = 4 AND right(org::text, 1) = 'b' THEN 0.24
                       WHEN n % 5 = 4 THEN 0.6 ELSE 1 END
         + CASE WHEN n % 5 = 4 AND right(org::text, 1) = 'a' THEN 0.3 ELSE 0 END AS chance,
       random() AS ending,
       floor(1000 * random()) * interval '1 millisecond' AS took
  FROM (VALUES ('00000000-0000-4000-8000-00000000000a'::uuid, '10000000'),
               ('00000000-0000-4000-8000-00000000000b', current_setting('twins.ids')))
         AS o (org, prefix),
       (SELECT string_agg(hour, ',' ORDER BY i) AS hours,
               string_agg(hour, ',' ORDER BY i) FILTER (WHERE i % 2 = 0) AS twice
          FROM generate_series(0, 3) AS i,
               to_char((current_setting('twins.last')::timestamptz + i * interval '6 hours')
                         AT TIME ZONE 'UTC', 'FMHH24') AS hour) AS h,
       generate_series(1, 26) AS n
 ORDER BY org, n;

ALTER TABLE organization_integrations DROP CONSTRAINT organization_integrations_pkey;
INSERT INTO organization_integrations
SELECT org, integration, type, cron, kind < 0.8 FROM parts WHERE kind < 0.9
UNION ALL
SELECT org, integration, type, cron, true FROM parts WHERE kind < 0.1;

-- Most slots have a run, some two attempts. The last one or the one before may have one that is open, and the next one may
-- be done: by a clock that was ahead. What is held failed an hour ago. A few began before their slot, a
-- few a moment ago.
CREATE TEMPORARY TABLE slots AS
SELECT p.*, i, current_setting('twins.last')::timestamptz + i * interval '6 hours' AS at,
       random() AS fate, random() AS again
  FROM parts AS p, generate_series(-20, 1) AS i
 ORDER BY org, n, i;

INSERT INTO sync_run_log
       (org_id, integration_id, integration_type, scheduled_for, covers_from, period_start, attempt,
        status, idempotency_key, triggered_by, worker, created_at, started_at, completed_at, failed_at,
        error_class, error_code, http_status, retry_at, resolution, resolved_at, resolved_by)
SELECT org, integration, type, at, at - CASE WHEN i > 0 THEN 1 ELSE 0 END * interval '6 hours',
       at - CASE WHEN i > 0 THEN 2 ELSE 1 END * interval '6 hours', attempt, status,
       org || '/' || integration || '/'
         || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:00"Z"'), 'schedule',
       CASE WHEN is_begun THEN 'w' END, coalesce(began, at), CASE WHEN is_begun THEN began END,
       CASE WHEN status = 'completed' AND i > 0 THEN at - interval '6 hours'
            WHEN status = 'completed' THEN at + attempt * took END,
       CASE WHEN status = 'failed' AND is_held THEN now() - interval '1 hour'
            WHEN status = 'failed' THEN at + attempt * took END,
       CASE WHEN status = 'failed' THEN class END,
       CASE WHEN status = 'failed' AND is_held THEN 'RESTORED'
            WHEN status = 'failed' THEN 'HTTP_500' END,
       CASE WHEN is_of_held_key THEN 409 END, CASE WHEN is_of_held_key THEN at + took END,
       said, CASE WHEN said IS NOT NULL THEN at END, CASE WHEN said IS NOT NULL THEN 'p' END
  FROM (SELECT s.*, f.*, status <> 'pending' AND NOT is_held AS is_begun,
               status = 'failed' AND class = 'rejected' AND fate > 0.6 AS is_of_held_key,
               CASE WHEN fate BETWEEN 0.9 AND 0.95 THEN now() - interval '10 minutes'
                    WHEN fate < 0.01 THEN at - interval '2 minutes'
                    ELSE at END AS began,
               CASE WHEN class = 'unknown' AND NOT is_held AND fate BETWEEN 0.30 AND 0.34
                    THEN 'done'
                    WHEN class = 'unknown' AND NOT is_held AND fate BETWEEN 0.34 AND 0.38
                    THEN 'not_done' END AS said
          FROM slots AS s
         CROSS JOIN (VALUES (ARRAY['rejected', 'unknown', 'not_delivered'])) AS c (classes)
         CROSS JOIN LATERAL (
               VALUES (CASE WHEN i > 0 AND fate > 0.3 THEN NULL
                            WHEN fate < 0.3 THEN 'completed'
                            WHEN fate < 0.75 THEN 'failed'
                            WHEN i = - n % 2 AND fate < 0.85 THEN 'pending'
                            WHEN i = - n % 2 AND fate < 0.95 THEN 'running' END,
                       CASE WHEN fate > 0.68 THEN 'unknown'
                            ELSE classes[1 + floor(again * 60)::integer % 3] END,
                       fate BETWEEN 0.68 AND 0.75, 1),
                      (CASE WHEN i <= 0 AND again < 0.5 AND fate BETWEEN 0.3 AND 0.68
                            THEN (ARRAY['completed', 'failed'])[1 + floor(again * 20)::integer % 2]
                       END,
                       classes[1 + floor(again * 90)::integer % 3], false, 2))
               AS f (status, class, is_held, attempt)) AS q
 WHERE status IS NOT NULL AND (ending > 0.15 OR i < -10);

INSERT INTO sync_trigger_state VALUES ('seed', 'scene', now());
INSERT INTO sync_schedule_state
SELECT org, integration, CASE WHEN kind BETWEEN 0.8 AND 0.85 THEN '' ELSE cron || ' UTC' END,
       current_setting('twins.last')::timestamptz + (5 - floor(chance * 20)) * interval '6 hours'
  FROM parts
 WHERE chance < 0.95;

-- Each text was edited once. What lies ahead was edited then, too; and a clock that was ahead wrote the
-- end of some that lie behind.
INSERT INTO sync_schedule_journal
SELECT org_id, integration_id, mark - interval '5 days', schedule, CASE WHEN mark > now() THEN mark END
  FROM sync_schedule_state
 WHERE schedule <> ''
UNION ALL
SELECT org_id, integration_id, mark - interval '9 days', '0 0 1 1 * UTC',
       CASE WHEN right(integration_id::text, 2) IN ('40', '90') AND mark < now()
            THEN current_setting('twins.last')::timestamptz + interval '12 hours'
            ELSE mark - interval '5 days' END
  FROM sync_schedule_state
UNION ALL
SELECT org_id, integration_id, mark, schedule, NULL
  FROM sync_schedule_state
 WHERE schedule <> '' AND mark > now();
DROP TABLE slots;
