-- How many runs of slots before $1, a minute, the log holds.
SELECT count(*) AS runs
  FROM sync_run_log
 WHERE scheduled_for < to_timestamp($1::float8 * 60::float8)
