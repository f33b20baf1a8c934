-- The start of the period that a run of slot s.scheduled_for exports (design section 4, "Periods lie
-- end to end"): the last earlier slot that was done, or may have been. Each branch reads one row of
-- an index of its own, however long the history is and whatever it is made of.
greatest((SELECT max(d.scheduled_for)
            FROM sync_run_log AS d
           WHERE d.org_id = s.org_id AND d.integration_id = s.integration_id
             AND d.scheduled_for < s.scheduled_for
             AND d.status = 'completed'),
         (SELECT max(d.scheduled_for)
            FROM sync_run_log AS d
           WHERE d.org_id = s.org_id AND d.integration_id = s.integration_id
             AND d.scheduled_for < s.scheduled_for
             AND d.status = 'failed'
             AND (d.error_class = 'unknown' AND d.resolution IS NULL OR d.resolution = 'done')),
         (SELECT d.scheduled_for
            FROM sync_run_log AS d
           WHERE d.org_id = s.org_id AND d.integration_id = s.integration_id
             AND d.scheduled_for < s.scheduled_for
             AND d.status IN ('pending', 'running') AND d.status = 'running'))
