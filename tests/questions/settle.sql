-- What comes out otherwise each time, in the rows of real ticks and of runs by hand: gives it names that
-- follow from the rest. :host is this host's name.
UPDATE sync_run_log AS r
   SET run_id = md5(r.idempotency_key || ' ' || r.attempt)::uuid, host = 'alpha',
       worker = regexp_replace(r.worker, '^.*/', 'alpha:4711:5eed5eed/')
 WHERE r.host = :'host';
UPDATE sync_run_log AS r SET resolved_by = 'kari@alpha' WHERE r.resolved_by LIKE '%@' || :'host';
DELETE FROM sync_trigger_state AS a
 WHERE a.host = 'alpha'
   AND EXISTS (SELECT FROM sync_trigger_state AS t WHERE t.host = :'host' AND t.host <> 'alpha');
UPDATE sync_trigger_state AS t SET host = 'alpha' WHERE t.host = :'host';
