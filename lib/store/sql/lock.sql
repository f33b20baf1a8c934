-- One lock an integration, until the transaction ends. A statement of its own, because a check in
-- the same statement would look at a snapshot older than the lock. In the SELECT list, because in
-- WHERE the planner may call it for rows that it then drops. What was held passes on in a setting
-- that ends with the transaction. $3: a dry run takes no lock and claims everything, to roll it
-- back.
SELECT set_config('syncsched.held',
                  coalesce(string_agg(t.n::text, ',' ORDER BY t.n) FILTER (WHERE t.held), ''),
                  true)
  FROM (SELECT k.n,
               CASE
                 WHEN $3::boolean THEN true
                 ELSE pg_try_advisory_xact_lock(
                        hashtextextended('syncsched/' || k.org_id::text || '/'
                                         || k.integration_id::text, 0::bigint))
               END AS held
          FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS k (org_id, integration_id, n)
         ORDER BY k.n
        OFFSET 0) AS t
