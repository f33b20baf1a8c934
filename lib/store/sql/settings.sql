-- What every transaction sets for itself, as SET LOCAL would, in one statement. row_security = off
-- makes hidden rows an error instead of silence. A frozen tick must not hold everybody's locks for
-- longer than five seconds. A commit that is answered must be on disk: a transition that a crash of
-- the server takes back could call the function twice. No JIT: compiling the claim takes ten times
-- as long as carrying it out. The rest is what a role or a database may have set otherwise, and what
-- a statement of ours would then mean something else by: NULL in an array, a backslash in a literal,
-- a name that is compared as text, a day in a zone whose clocks change. No statement shows or reads
-- a time, an interval or a number in a form that has a setting. $3: the role to be, where one is
-- named.
SELECT set_config('row_security', 'off', true),
       set_config('statement_timeout', $1, true),
       set_config('lock_timeout', $2, true),
       set_config('jit', 'off', true),
       set_config('idle_in_transaction_session_timeout', '5s', true),
       set_config('array_nulls', 'on', true),
       set_config('standard_conforming_strings', 'on', true),
       set_config('quote_all_identifiers', 'off', true),
       set_config('TimeZone', 'UTC', true),
       set_config('synchronous_commit',
                  CASE current_setting('synchronous_commit')
                    WHEN 'off' THEN 'on'
                    ELSE current_setting('synchronous_commit')
                  END, true),
       CASE WHEN $3::text IS NOT NULL THEN set_config('role', $3, true) END
