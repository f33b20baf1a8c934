-- Whether the period of a run s, or of a slot s that is to be one, is that of a run for a later slot,
-- which may have exported it, or whose key the function may know with that period.
EXISTS (SELECT
          FROM sync_run_log AS o
         WHERE o.org_id = s.org_id AND o.integration_id = s.integration_id
           AND o.scheduled_for > s.scheduled_for
           AND (o.status <> 'failed' OR o.error_class <> 'not_delivered')
           AND (o.period_start >= s.scheduled_for) IS NOT TRUE)
