-- Whether a failed run r of sync_run_log may be attempted again, by what else is in the log ($2: by
-- hand). The last attempt at its slot is still the failed one, the slot was not exported by another
-- one before, or by a person's word, and no run is active. By policy no
-- newer slot has been completed, no newer run that may have reached the function has taken the slot's
-- period over, and what the function may know the key by has not been exported meanwhile for an
-- older slot, as by hand. By hand nothing is attempted again where the log was pruned: a newer attempt
-- may be gone. OFFSET 0: each look is by an index, however much has failed.
r.status = 'failed'
AND (r.scheduled_for < (SELECT max(pruned_before) FROM sync_prune_state)
     AND $2::boolean) IS NOT TRUE
AND NOT EXISTS (SELECT
                  FROM sync_run_log AS o
                 WHERE o.org_id = r.org_id AND o.integration_id = r.integration_id
                   AND o.status IN ('pending', 'running')
                OFFSET 0)
AND NOT EXISTS (SELECT
                  FROM sync_run_log AS o
                 WHERE o.org_id = r.org_id AND o.integration_id = r.integration_id
                   AND o.scheduled_for = r.scheduled_for
                   AND (o.attempt > r.attempt OR o.status = 'completed' OR o.resolution = 'done')
                OFFSET 0)
AND ($2::boolean
     OR NOT EXISTS (SELECT
                      FROM sync_run_log AS o
                     WHERE o.org_id = r.org_id AND o.integration_id = r.integration_id
                       AND o.scheduled_for > r.scheduled_for AND o.status = 'completed'
                    OFFSET 0)
        AND NOT EXISTS (SELECT
                          FROM sync_run_log AS o
                         WHERE o.org_id = r.org_id AND o.integration_id = r.integration_id
                           AND o.scheduled_for > r.scheduled_for AND o.status = 'failed'
                           AND o.error_class <> 'not_delivered'
                           AND (o.period_start >= r.scheduled_for) IS NOT TRUE
                        OFFSET 0)
        AND (NOT EXISTS (SELECT
                           FROM sync_run_log AS o
                          WHERE o.org_id = r.org_id AND o.integration_id = r.integration_id
                            AND o.scheduled_for = r.scheduled_for
                            AND o.error_class <> 'not_delivered'
                         OFFSET 0)
             OR NOT EXISTS (SELECT
                              FROM sync_run_log AS o
                             WHERE o.org_id = r.org_id AND o.integration_id = r.integration_id
                               AND o.scheduled_for < r.scheduled_for
                               AND o.scheduled_for > coalesce(r.period_start, '-infinity')
                               AND o.status = 'completed'
                            OFFSET 0)
                AND NOT EXISTS (SELECT
                                  FROM sync_run_log AS o
                                 WHERE o.org_id = r.org_id AND o.integration_id = r.integration_id
                                   AND o.scheduled_for < r.scheduled_for
                                   AND o.scheduled_for > coalesce(r.period_start, '-infinity')
                                   AND o.status = 'failed'
                                   AND (o.error_class = 'unknown' AND o.resolution IS NULL
                                        OR o.resolution = 'done')
                                OFFSET 0)))
