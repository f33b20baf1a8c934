-- How the runs of the integration before r ended, of those that were begun: how many of the last three
-- failed in a row, and the slot of the last one, in minutes. Reads three rows of one index.
(SELECT count(*)
   FROM (SELECT bool_and(l.status = 'failed')
                  OVER (ORDER BY l.scheduled_for DESC, l.attempt DESC) AS is_in_a_row
           FROM (SELECT b.status, b.scheduled_for, b.attempt
                   FROM sync_run_log AS b
                  WHERE b.org_id = r.org_id AND b.integration_id = r.integration_id
                    AND (b.scheduled_for, b.attempt) < (r.scheduled_for, r.attempt)
                    AND b.status IN ('completed', 'failed') AND b.started_at IS NOT NULL
                  ORDER BY b.scheduled_for DESC, b.attempt DESC
                  LIMIT 3
                ) AS l
        ) AS d
  WHERE d.is_in_a_row) AS failed_before,
(SELECT (date_part('epoch', b.scheduled_for) / 60::float8)::bigint
   FROM sync_run_log AS b
  WHERE b.org_id = r.org_id AND b.integration_id = r.integration_id
    AND (b.scheduled_for, b.attempt) < (r.scheduled_for, r.attempt)
    AND b.status IN ('completed', 'failed') AND b.started_at IS NOT NULL
  ORDER BY b.scheduled_for DESC, b.attempt DESC
  LIMIT 1) AS begun_before
