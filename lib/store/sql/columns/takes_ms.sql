-- How long the calls of the integration of r take, in milliseconds: the longest among its latest
-- five runs, because a call that is cut off costs more than one that waits for the next tick, and
-- five runs later a bad day is forgotten. Of an accepted run the call was over when it was accepted.
-- When an abandoned one was over nobody knows. NULL: none of the five was begun. Whatever the
-- history is, this reads six rows of one index.
(SELECT max(greatest(date_part('epoch', d.over_at - d.started_at) * 1000::float8, 0))::bigint
   FROM (SELECT l.started_at,
                CASE
                  WHEN l.error_code IS DISTINCT FROM 'ABANDONED' OR l.accepted_at IS NOT NULL
                  THEN coalesce(l.accepted_at, l.completed_at, l.failed_at)
                END AS over_at
           FROM sync_run_log AS l
          WHERE l.org_id = r.org_id AND l.integration_id = r.integration_id
            AND l.status IN ('completed', 'failed')
          ORDER BY l.scheduled_for DESC, l.attempt DESC
          LIMIT 5
        ) AS d
  WHERE isfinite(d.started_at) AND isfinite(d.over_at)) AS takes_ms
