-- Up to when the log is pruned, remembered before anything is deleted, in a transaction of its own:
-- whoever misses a deleted row then sees the bound. It only moves forward. $1: how old slots must
-- be; $2: a dry run writes nothing and returns what it would be; $3: nothing is written where the
-- schema is of another version.
  WITH asked AS (
         SELECT date_trunc('minute', now() - $1::float8 * interval '1 millisecond', 'UTC') AS cutoff
       ), remembered AS (
         INSERT INTO sync_prune_state AS p (pruned_before)
         SELECT cutoff FROM asked WHERE NOT $2::boolean AND sync_schema_version() = $3::integer
             ON CONFLICT (is_only_row)
             DO UPDATE SET pruned_before = greatest(p.pruned_before, excluded.pruned_before)
         RETURNING pruned_before
       )
SELECT (date_part('epoch', cutoff) / 60::float8)::bigint AS cutoff,
       (date_part('epoch', greatest(cutoff,
                                    (SELECT pruned_before FROM remembered),
                                    (SELECT max(pruned_before) FROM sync_prune_state)))
        / 60::float8)::bigint AS pruned_before,
       sync_schema_version() AS schema_version
  FROM asked
