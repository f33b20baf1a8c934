-- A run of sync_run_log AS r, and what a resolution of it is decided from.
r.status, r.error_class, r.error_code, r.resolution, r.resolved_by,
EXISTS (SELECT
          FROM sync_run_log AS o
         WHERE o.org_id = r.org_id AND o.integration_id = r.integration_id
           AND o.scheduled_for = r.scheduled_for AND o.status IN ('pending', 'running'))
  AS has_active_attempt,
