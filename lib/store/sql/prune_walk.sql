-- For the next statement: the log is walked along its key, batch by batch. Left to itself the
-- planner sorts all of it for each batch, where it knows nothing of a log that was filled lately.
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
       set_config('enable_sort', 'off', true)
