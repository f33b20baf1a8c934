-- Deletes what prune_find.sql found. A row that somebody else holds must not stop the others: it is
-- left for the next call.
  WITH unlocked AS MATERIALIZED (
         SELECT run_id
           FROM sync_run_log
          WHERE run_id = ANY (string_to_array(current_setting('syncsched.found'), ',')::uuid[])
            AND status IN ('completed', 'failed')
            FOR UPDATE SKIP LOCKED
       ), deleted AS (
         DELETE FROM sync_run_log AS r
          USING unlocked AS u
          WHERE r.run_id = u.run_id
         RETURNING r.run_id
       )
SELECT count(*) AS runs FROM deleted
