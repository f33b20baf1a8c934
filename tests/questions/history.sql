-- The database of the thirty questions: 12 organisations, 42 integrations and 100,000 runs, the year up
-- to now() as ticks, people and the function left it. Everything follows from now() and from hashes of
-- what a run is, so that the same now() makes the same rows. For a database that has the schema and
-- is empty; scripts/dev/make-history applies it, and lets real ticks follow.
BEGIN;
SET LOCAL TIME ZONE 'UTC';

INSERT INTO organizations (id, name, timezone)
SELECT md5('organisation ' || o.n)::uuid, o.name, o.timezone
  FROM (VALUES (1, 'Blåklokken Barnehage SA', 'Europe/Oslo'),
               (2, 'Čáhcesuolu Mánáidgárdi', 'Europe/Oslo'),
               (3, 'مخبز الوردة البيضاء', 'Asia/Dubai'),
               (4, '🚀 Rakett 👩‍👩‍👧‍👦 Familie 🇳🇴', 'Europe/Oslo'),
               (5, 'Stiftelsen for ' || repeat('Særdeles Omfattende ', 7) || 'Dokumentasjon', NULL),
               (6, 'Fjordbyen Regnskap AS', 'Europe/Oslo'),
               (7, 'Ålesund Fisk & Røkeri AS', 'Europe/Oslo'),
               (8, 'Hansen, "Sønn" & Co', 'Europe/Oslo'),
               (9, 'Nordlys Barnehage', '+01:00'),
               (10, '=HYPERLINK("http://example.com")', 'Europe/Oslo'),
               (11, 'Guovdageainnu Giellaguovddáš', 'Europe/Oslo'),
               (12, 'Cafe' || U&'\0301' || ' 中文 Import', 'America/New_York')) AS o (n, name, timezone);

-- Which integrations there are. A schedule fires every half hour, or at hour:minute of the organisation's
-- days (weekdays NULL: all of them, 0 is Sunday). It has been in force for so many days.
CREATE TEMP TABLE plan ON COMMIT DROP AS
SELECT p.*, md5('organisation ' || p.org)::uuid AS org_id,
       CASE p.n
         WHEN 1 THEN '2ea2038c-5c1f-4b0e-9d52-6f1f3a7c0001'
         ELSE md5('integration ' || p.n)
       END::uuid AS integration_id,
       coalesce(o.timezone, 'UTC') AS timezone,
       CASE o.timezone WHEN '+01:00' THEN 'Etc/GMT-1' ELSE coalesce(o.timezone, 'UTC') END AS zone,
       CASE WHEN p.is_enabled AND p.cron <> '0 25 * * *'
            THEN p.cron || ' ' || coalesce(o.timezone, 'UTC') ELSE '' END AS text
  FROM (VALUES ( 1,  1, 'xledger',  '0 2 * * *',     2,  0, NULL::integer[],  true, 369),
               ( 2,  1, 'dynamics', '30 6 * * 1-5',  6, 30, '{1,2,3,4,5}',    true, 369),
               ( 3,  1, 'bufdir',   '0 4 * * 0',     4,  0, '{0}',            true, 369),
               ( 4,  2, 'xledger',  '0 1 * * *',     1,  0, NULL,             true, 369),
               ( 5,  2, 'dynamics', '15 3 * * *',    3, 15, NULL,             true, 369),
               ( 6,  2, 'bufdir',   '0 5 * * 1',     5,  0, '{1}',            true, 369),
               ( 7,  3, 'xledger',  '30 1 * * *',    1, 30, NULL,             true, 369),
               ( 8,  3, 'dynamics', '*/30 * * * *', NULL, NULL, NULL,         true, 369),
               ( 9,  3, 'bufdir',   '45 4 * * *',    4, 45, NULL,             true, 369),
               (10,  4, 'xledger',  '10 1 * * *',    1, 10, NULL,             true, 5),
               (11,  4, 'dynamics', '*/30 * * * *', NULL, NULL, NULL,         true, 369),
               (12,  4, 'bufdir',   '0 6 * * *',     6,  0, NULL,             false, 369),
               (13,  5, 'xledger',  '20 0 * * *',    0, 20, NULL,             true, 369),
               (14,  5, 'dynamics', '40 0 * * *',    0, 40, NULL,             true, 369),
               (15,  5, 'bufdir',   '0 3 * * *',     3,  0, NULL,             true, 369),
               (16,  6, 'xledger',  '0 2 * * *',     2,  0, NULL,             true, 369),
               (17,  6, 'dynamics', '*/30 * * * *', NULL, NULL, NULL,         true, 369),
               (18,  6, 'bufdir',   '30 4 * * *',    4, 30, NULL,             true, 369),
               (19,  7, 'xledger',  '5 1 * * *',     1,  5, NULL,             true, 369),
               (20,  7, 'dynamics', '0 22 * * 5',   22,  0, '{5}',            true, 369),
               (21,  7, 'bufdir',   '35 5 * * *',    5, 35, NULL,             true, 369),
               (22,  8, 'xledger',  '50 1 * * *',    1, 50, NULL,             true, 369),
               (23,  8, 'dynamics', '*/30 * * * *', NULL, NULL, NULL,         true, 369),
               (24,  8, 'bufdir',   '0 9 * * *',     9,  0, NULL,             true, 369),
               (25,  9, 'xledger',  '0 8 * * *',     8,  0, NULL,             true, 369),
               (26,  9, 'dynamics', '25 3 * * *',    3, 25, NULL,             true, 369),
               (27,  9, 'bufdir',   '0 25 * * *',   NULL, NULL, NULL,         true, 30),
               (28, 10, 'xledger',  '0 4 * * *',     4,  0, NULL,             true, 369),
               (29, 10, 'dynamics', '15 4 * * *',    4, 15, NULL,             true, 369),
               (30, 10, 'bufdir',   '30 5 * * *',    5, 30, NULL,             true, 369),
               (31, 11, 'xledger',  '0 9 * * *',     9,  0, NULL,             true, 369),
               (32, 11, 'dynamics', '*/30 * * * *', NULL, NULL, NULL,         true, 369),
               (33, 11, 'bufdir',   '45 5 * * *',    5, 45, NULL,             true, 369),
               (34, 12, 'xledger',  '0 3 * * *',     3,  0, NULL,             true, 369),
               (35, 12, 'dynamics', '30 3 * * *',    3, 30, NULL,             true, 369),
               (36, 12, 'bufdir',   '0 2 * * *',     2,  0, NULL,             false, 369),
               (37,  6, 'xledger',  '0 9 * * *',     9,  0, NULL,             true, 369),
               (38,  7, 'dynamics', '0 9 * * 1-5',   9,  0, '{1,2,3,4,5}',    true, 369),
               (39,  8, 'bufdir',   '10 0 * * *',    0, 10, NULL,             false, 369),
               (40,  9, 'xledger',  '20 5 * * *',    5, 20, NULL,             true, 369),
               (41, 10, 'dynamics', '55 23 * * *',  23, 55, NULL,             true, 369),
               (42, 11, 'bufdir',   '0 0 * * *',     0,  0, NULL,             true, 369)
       ) AS p (n, org, type, cron, hour, minute, weekdays, is_enabled, days)
  JOIN organizations AS o ON o.id = md5('organisation ' || p.org)::uuid;

INSERT INTO organization_integrations
       (org_id, integration_id, integration_type, cron_schedule, is_enabled)
SELECT org_id, integration_id, type, cron, is_enabled FROM plan;

-- The slots. In the hours that an outage took, three weeks ago, only the last one of each is served,
-- and the earlier ones are folded into it. What is disabled has been so for 50 days.
CREATE TEMP TABLE slots ON COMMIT DROP AS
SELECT p.*, s.slot, s.day, w.now, s.slot BETWEEN w.outage AND w.outage + interval '2 hours' AS is_in_outage,
       CASE WHEN p.cron LIKE '*%' AND s.slot BETWEEN w.outage AND w.outage + interval '2 hours'
            THEN w.outage ELSE s.slot END AS covers_from,
       greatest(w.outage + interval '130 minutes', s.slot) AS outage_end,
       abs(('x' || left(md5(p.n || ' ' || s.slot), 8))::bit(32)::integer::bigint) AS hash
  FROM plan AS p
 CROSS JOIN (SELECT date_trunc('minute', now()) AS now,
                    date_trunc('day', now()) - interval '20 days' + interval '4 hours' AS outage
            ) AS w
 CROSS JOIN LATERAL (
       SELECT g AS slot, (w.now::date - g::date) AS day
         FROM generate_series(date_trunc('hour', w.now) - p.days * interval '1 day', w.now,
                              interval '30 minutes') AS g
        WHERE p.cron LIKE '*%'
        UNION ALL
       SELECT least(g.local AT TIME ZONE p.zone, -- where clocks repeat an hour: its first pass
                    (g.local - interval '1 hour') AT TIME ZONE p.zone + interval '1 hour'), g.day
         FROM (SELECT d AS day,
                      (w.now AT TIME ZONE p.zone)::date - d + make_time(p.hour, p.minute, 0) AS local
                 FROM generate_series(0, p.days) AS d) AS g
        WHERE p.weekdays IS NULL OR extract(dow FROM g.local)::integer = ANY (p.weekdays)
           OR p.n = 38 AND g.day > 30
       ) AS s
 WHERE p.cron <> '0 25 * * *'
   AND s.slot <= w.now
   AND s.slot > date_trunc('hour', w.now) - p.days * interval '1 day'
   AND (p.is_enabled OR s.slot <= w.now - interval '50 days')
   AND (p.cron NOT LIKE '*%' OR NOT s.slot BETWEEN w.outage AND w.outage + interval '90 minutes');

-- What became of each. The stories first: what somebody asks about; then chance.
CREATE TEMP TABLE fates ON COMMIT DROP AS
SELECT s.*, f.fate, row_number() OVER (ORDER BY s.n, s.slot) AS number,
       f.fate IN ('unknown', 'restored', 'crashed', 'completed', 'seen', 'absent', 'again', 'retried',
                  'late', 'WORKER_LIMIT') AS is_done
  FROM slots AS s
 CROSS JOIN LATERAL (
       SELECT CASE
                WHEN s.n = 1 AND s.day = 27 THEN 'HTTP_500'
                WHEN s.n = 1 AND s.day = 26 THEN 'unknown'
                WHEN s.n = 4 AND s.day < 3 THEN 'closed'
                WHEN s.n = 5 AND s.day = 2 THEN 'given up'
                WHEN s.n = 7 AND s.day = 0 THEN 'unknown'
                WHEN s.n = 10 THEN 'E31'
                WHEN s.n = 13 AND s.day = 0 THEN 'E17'
                WHEN s.n = 16 AND s.day = 28 THEN 'seen'
                WHEN s.n = 18 AND s.day = 1 THEN 'crashed'
                WHEN s.n = 19 AND s.day = 12 THEN 'again'
                WHEN s.n = 21 AND s.day = 5 THEN 'cancelled'
                WHEN s.n = 30 AND s.day = 9 THEN 'restored'
                WHEN s.n = 33 AND s.day = 1 THEN 'late'
                WHEN s.n IN (1, 16) AND s.day < 40 THEN 'completed'
                WHEN s.is_in_outage THEN 'completed'
                WHEN s.hash % 10000 < 15 THEN 'E17'
                WHEN s.hash % 10000 < 25 THEN 'HTTP_500'
                WHEN s.hash % 10000 < 35 THEN 'retried'
                WHEN s.hash % 10000 < 40 THEN 'seen'
                WHEN s.hash % 10000 < 45 THEN 'absent'
                WHEN s.hash % 10000 < 50 THEN 'CONNECT_FAILED'
                WHEN s.hash % 10000 < 52 THEN 'WORKER_LIMIT'
                ELSE 'completed'
              END
       ) AS f (fate);

-- The attempts of each, and what they are made of. took: of the ninth it grows, from 4 s to 38 s.
CREATE TEMP TABLE attempts ON COMMIT DROP AS
SELECT f.*, a.attempt, a.outcome,
       max(f.slot) FILTER (WHERE f.is_done) OVER earlier AS period_start,
       CASE
         WHEN f.fate = 'late' THEN f.slot + interval '25 minutes'
         WHEN f.is_in_outage THEN f.outage_end
         ELSE f.slot
       END + (1 + f.hash % 4) * interval '1 second'
           + CASE WHEN a.attempt = 1 THEN interval '0'
                  WHEN f.fate = 'retried' THEN interval '10 minutes'
                  ELSE interval '195 minutes' END AS began_at,
       CASE
         WHEN a.outcome IN ('unknown', 'seen', 'absent') THEN interval '45 seconds'
         WHEN f.n = 9 THEN (38000 - 34000 * f.day / 369 + f.hash % 900) * interval '1 millisecond'
         WHEN f.hour IS NULL THEN (700 + f.hash % 1900) * interval '1 millisecond'
         ELSE (2000 + f.n * 150 + f.hash % 2500) * interval '1 millisecond'
       END AS took,
       CASE
         WHEN f.n = 14 AND f.day < 20 THEN 0
         WHEN f.hour IS NULL THEN f.hash / 7 % 10
         ELSE 40 + f.n * 5 + f.hash / 7 % 60
       END AS records,
       CASE WHEN f.hash % 3 = 0 AND f.day > 3 THEN 'beta' ELSE 'alpha' END AS host
  FROM fates AS f
 CROSS JOIN LATERAL (
       SELECT 1 AS attempt,
              CASE f.fate WHEN 'again' THEN 'completed' WHEN 'retried' THEN 'HTTP_500'
                          WHEN 'late' THEN 'completed' ELSE f.fate END AS outcome
        UNION ALL
       SELECT 2, 'completed' WHERE f.fate IN ('again', 'retried', 'absent')
       ) AS a
WINDOW earlier AS (PARTITION BY f.n ORDER BY f.slot
                   RANGE BETWEEN UNBOUNDED PRECEDING AND interval '1 minute' PRECEDING);

INSERT INTO sync_run_log
       (run_id, org_id, integration_id, integration_type, scheduled_for, covers_from, period_start,
        attempt, status, idempotency_key, triggered_by, worker, created_at, started_at,
        completed_at, failed_at, records_exported, error_class, error_code, error_message,
        trigger_name, host, http_status, request_id, resolution, resolved_at, resolved_by,
        resolution_note)
SELECT md5('run ' || a.number || ' ' || a.attempt)::uuid, a.org_id, a.integration_id, a.type, a.slot,
       a.covers_from, a.period_start, a.attempt,
       CASE a.outcome WHEN 'completed' THEN 'completed' ELSE 'failed' END,
       a.org_id || '/' || a.integration_id || '/' || to_char(a.slot, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       CASE WHEN a.attempt = 2 AND a.fate = 'retried' THEN 'retry'
            WHEN a.attempt = 2 THEN 'manual'
            WHEN a.is_in_outage OR a.fate = 'late' THEN 'catch_up'
            ELSE 'schedule' END,
       CASE WHEN o.is_begun THEN a.host || ':' || 1000 + a.hash % 9000 || ':'
                                 || left(md5('tick ' || a.began_at), 8) || '/' || 1 + a.hash % 5 END,
       a.began_at, CASE WHEN o.is_begun THEN a.began_at + interval '150 milliseconds' END,
       CASE WHEN o.class IS NULL THEN a.began_at + interval '150 milliseconds' + a.took END,
       CASE WHEN o.class IS NULL THEN NULL
            WHEN NOT o.is_begun THEN a.began_at
            ELSE a.began_at + interval '150 milliseconds' + a.took END,
       CASE WHEN o.class IS NULL THEN a.records
            WHEN a.outcome = 'seen' AND a.hash % 2 = 0 THEN a.records END,
       o.class, o.code, o.message, 'cron', a.host, o.http_status,
       CASE WHEN o.http_status IS NOT NULL THEN md5('request ' || a.number || ' ' || a.attempt)::uuid END,
       r.resolution, r.resolved_at, r.resolved_by, r.note
  FROM attempts AS a
  JOIN (VALUES ('completed', NULL, NULL, true, 200, NULL),
               ('E17', 'rejected', 'E17', true, 422, 'the voucher series is not open'),
               ('E31', 'rejected', 'E31', true, 403,
                'the API key is not known to Xledger; ask the organisation for a new one'),
               ('closed', 'rejected', 'E22', true, 422, 'the ledger is closed for the month'),
               ('HTTP_500', 'rejected', 'HTTP_500', true, 500, 'scripted failure, "quoted", with, commas'),
               ('WORKER_LIMIT', 'unknown', 'WORKER_LIMIT', true, 546, 'the function ran out of memory'),
               ('CONNECT_FAILED', 'not_delivered', 'CONNECT_FAILED', true, NULL,
                'no connection could be made'),
               ('unknown', 'unknown', 'TIMEOUT', true, NULL, 'no answer within 45 s'),
               ('seen', 'unknown', 'TIMEOUT', true, NULL, 'no answer within 45 s'),
               ('absent', 'unknown', 'TIMEOUT', true, NULL, 'no answer within 45 s'),
               ('crashed', 'unknown', 'WORKER_CRASHED', true, NULL, 'its worker ended with signal 9'),
               ('given up', 'not_delivered', 'GIVEN_UP', false, NULL,
                'no tick served it within the catch-up time'),
               ('cancelled', 'not_delivered', 'CANCELLED', false, NULL,
                'the schedule was changed before it was served'),
               ('restored', 'unknown', 'RESTORED', false, NULL,
                'it may have been served before the database was restored')
       ) AS o (outcome, class, code, is_begun, http_status, message) ON o.outcome = a.outcome
  LEFT JOIN LATERAL (
       SELECT CASE a.outcome WHEN 'absent' THEN 'not_done' ELSE 'done' END,
              a.began_at + interval '3 hours',
              CASE WHEN a.outcome IN ('absent', 'WORKER_LIMIT') THEN 'function'
                   WHEN a.hash % 2 = 0 THEN 'kari@alpha' ELSE 'ola@beta' END,
              CASE a.outcome WHEN 'seen' THEN 'seen in Xledger, voucher ' || 1000 + a.number % 9000 END
        WHERE a.outcome IN ('seen', 'absent', 'WORKER_LIMIT')
       ) AS r (resolution, resolved_at, resolved_by, note) ON true
 ORDER BY a.slot, a.n;

-- What ticks remember of it. One integration was edited, a month ago; two hosts tick, one of them no more.
INSERT INTO sync_schedule_state (org_id, integration_id, schedule, mark)
SELECT org_id, integration_id, text, date_trunc('minute', now()) FROM plan;
INSERT INTO sync_schedule_journal (org_id, integration_id, valid_from, schedule, valid_to)
SELECT p.org_id, p.integration_id, t.valid_from, t.schedule, t.valid_to
  FROM (SELECT *, date_trunc('hour', now()) - days * interval '1 day' AS since,
               date_trunc('hour', now()) - interval '50 days' AS disabled,
               date_trunc('hour', now()) - interval '30 days' AS edited
          FROM plan) AS p
 CROSS JOIN LATERAL (
       SELECT p.since, p.text, NULL::timestamptz WHERE p.text <> '' AND p.n <> 38
        UNION ALL
       SELECT p.since, p.cron || ' ' || p.timezone, p.disabled WHERE NOT p.is_enabled
        UNION ALL
       SELECT v.*
         FROM (VALUES (p.since, '0 9 * * * ' || p.timezone, p.edited), (p.edited, p.text, NULL)) AS v
        WHERE p.n = 38
       ) AS t (valid_from, schedule, valid_to);
INSERT INTO sync_trigger_state (trigger_name, host, last_tick_at)
VALUES ('cron', 'alpha', now()), ('cron', 'beta', now() - interval '3 days');
INSERT INTO sync_database_state (system_identifier, timeline, restored_at)
SELECT system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),
       date_trunc('hour', now()) - interval '9 days'
  FROM pg_control_system();

-- The function's own record of the last two months, which differs from the log in three places.
CREATE TABLE sync_export_ledger (
    idempotency_key  text,
    state            text   NOT NULL,
    records_exported bigint,
    PRIMARY KEY (idempotency_key)
);
INSERT INTO sync_export_ledger (idempotency_key, state, records_exported)
SELECT r.idempotency_key, 'completed', max(r.records_exported)
  FROM sync_run_log AS r
 WHERE r.scheduled_for > now() - interval '60 days'
   AND (r.status = 'completed' OR r.resolution = 'done')
 GROUP BY r.idempotency_key;
INSERT INTO sync_export_ledger (idempotency_key, state, records_exported)
SELECT r.idempotency_key, 'completed', 117
  FROM sync_run_log AS r JOIN plan AS p ON p.org_id = r.org_id AND p.integration_id = r.integration_id
 WHERE p.n = 1 AND r.error_code = 'TIMEOUT' AND r.resolution IS NULL;
UPDATE sync_export_ledger AS l
   SET records_exported = records_exported + 1
  FROM fates AS f
 WHERE f.n = 2 AND f.day = 4
   AND l.idempotency_key = f.org_id || '/' || f.integration_id || '/'
                           || to_char(f.slot, 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
DELETE FROM sync_export_ledger AS l
 USING fates AS f
 WHERE f.n = 31 AND f.day = 6
   AND l.idempotency_key = f.org_id || '/' || f.integration_id || '/'
                           || to_char(f.slot, 'YYYY-MM-DD"T"HH24:MI:SS"Z"');

COMMIT;
ANALYZE;
