-- The integrations that the log has runs of: it is walked through by its key, one probe each. For
-- WITH RECURSIVE integrations AS (...).
(SELECT r.org_id, r.integration_id
   FROM sync_run_log AS r
  ORDER BY r.org_id, r.integration_id
  LIMIT 1)
 UNION ALL
SELECT n.org_id, n.integration_id
  FROM integrations AS i
 CROSS JOIN LATERAL (
       SELECT r.org_id, r.integration_id
         FROM sync_run_log AS r
        WHERE (r.org_id, r.integration_id) > (i.org_id, i.integration_id)
        ORDER BY r.org_id, r.integration_id
        LIMIT 1
       ) AS n
