-- On top of the database of the thirty questions: strangers who write markup, addresses, control and bidirectional
-- characters into whatever a page shows, and days that have every mark. A page of the last 31 days has all of it.
\set evil '</bdi></td></table></title></style><script>alert(1)</script><img src=http://127.0.0.1:9/x onerror=alert(1)>'
UPDATE organizations
   SET name = E'\u202e<b>' || :'evil' || E'\u0001\u001b[31m'
 WHERE name LIKE 'Nordlys%' OR name LIKE 'Ålesund%';
UPDATE organization_integrations
   SET integration_type = '<svg onload=alert(1)>'
 WHERE org_id IN (SELECT id FROM organizations WHERE name LIKE '%script%')
   AND integration_type = 'bufdir';
UPDATE sync_run_log
   SET error_message = :'evil' || error_message,
       error_code = 'A"><link rel=stylesheet href=http://127.0.0.1:9/' || attempt || '>'
 WHERE error_code IN ('E17', 'E31');
UPDATE sync_run_log
   SET resolution_note = '<style>@import url(http://127.0.0.1:9/note)</style>' || repeat('longword', 40),
       resolved_by = '"><meta http-equiv=refresh content=0;url=http://127.0.0.1:9/>'
 WHERE resolution IS NOT NULL AND resolved_by <> 'function';
UPDATE sync_run_log
   SET trigger_name = '<iframe src=javascript:alert(1)>', host = '<base href=http://127.0.0.1:9/>'
 WHERE triggered_by = 'manual';

-- Missing, open and under way.
DELETE FROM sync_run_log
 WHERE (org_id, integration_id, scheduled_for)
       IN (SELECT org_id, integration_id, scheduled_for
             FROM sync_run_log
            WHERE integration_type = 'dynamics' AND status = 'completed'
              AND scheduled_for BETWEEN now() - interval '12 days' AND now() - interval '10 days'
            ORDER BY scheduled_for, integration_id
            LIMIT 3);
UPDATE sync_run_log AS r
   SET status = 'failed', failed_at = r.completed_at, completed_at = NULL, records_exported = NULL,
       error_class = l.class, error_code = l.code,
       error_message = :'evil', resolution = NULL, resolved_at = NULL, resolved_by = NULL, resolution_note = NULL
  FROM (SELECT run_id, CASE WHEN place = 1 THEN 'unknown' ELSE 'rejected' END AS class,
               CASE WHEN place = 1 THEN 'TIMEOUT' ELSE 'HTTP_500' END AS code
          FROM (SELECT run_id, row_number() OVER (PARTITION BY integration_id ORDER BY scheduled_for DESC) AS place
                  FROM sync_run_log
                 WHERE integration_type = 'xledger' AND status = 'completed') AS n
         WHERE place <= 2) AS l
 WHERE r.run_id = l.run_id;
UPDATE sync_run_log AS r
   SET status = 'running', completed_at = NULL, records_exported = NULL
 WHERE run_id IN (SELECT DISTINCT ON (integration_id) run_id
                    FROM sync_run_log
                   WHERE integration_type = 'bufdir' AND status = 'completed'
                   ORDER BY integration_id, scheduled_for DESC
                   LIMIT 3);
