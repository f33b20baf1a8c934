-- A schedule without state is seen for the first time: it starts here, without a past.
INSERT INTO sync_schedule_state (org_id, integration_id, schedule, mark)
SELECT k.org_id, k.integration_id, k.text, to_timestamp(k.looked_from::float8 * 60::float8)
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[])
       WITH ORDINALITY AS k (org_id, integration_id, text, state_text, looked_from, n)
  JOIN pg_catalog.unnest(string_to_array(current_setting('syncsched.held'), ',')::bigint[]) AS h (n)
    ON h.n = k.n
 WHERE k.state_text IS NULL
 ORDER BY k.n
    ON CONFLICT DO NOTHING
