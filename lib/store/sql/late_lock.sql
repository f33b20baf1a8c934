-- A late answer speaks about what may have been claimed again meanwhile: it waits for its turn, and
-- what it decides from is looked at by the next statement, whose snapshot is younger than the lock.
SELECT pg_advisory_xact_lock(hashtextextended('syncsched/' || org_id::text || '/'
                                              || integration_id::text, 0::bigint))
  FROM sync_run_log
 WHERE run_id = $1::uuid
