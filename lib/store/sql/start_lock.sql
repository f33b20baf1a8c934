-- One start at a time, where the calls of all ticks are limited: start.sql, the next statement,
-- counts them on a snapshot that is younger than this lock. The row comes first, so that nobody who
-- has the lock waits for a row. A run that somebody else has begun takes no lock.
SELECT pg_advisory_xact_lock(hashtextextended('syncsched/calls', 0::bigint))
  FROM (SELECT r.run_id
          FROM sync_run_log AS r
         WHERE r.run_id = $1::uuid AND r.org_id = $2::uuid AND r.integration_id = $3::uuid
           AND r.status = 'pending'
           FOR NO KEY UPDATE
        OFFSET 0) AS r
