-- What the probe of type $1 found, by whoever claimed it at $2 and by nobody else: a late one must
-- not move what the next has claimed meanwhile. Times are in microseconds.
UPDATE sync_probe_state
   SET next_probe_at = 'epoch'::timestamptz + $3::float8 * interval '1 microsecond',
       pause_s = $4::integer,
       result = $5,
       code = $6,
       probed_at = 'epoch'::timestamptz + $7::float8 * interval '1 microsecond',
       since = 'epoch'::timestamptz + $8::float8 * interval '1 microsecond'
 WHERE integration_type = $1
   AND claimed_at = 'epoch'::timestamptz + $2::float8 * interval '1 microsecond'
RETURNING integration_type
