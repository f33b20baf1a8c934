-- What every transaction sets for itself, as SET LOCAL would, in one statement. row_security = off
-- makes hidden rows an error instead of silence. A frozen tick must not hold everybody's locks for
-- longer than five seconds. A commit that is answered must be on disk: a transition that a crash of
-- the server takes back could call the function twice. No JIT: compiling the claim takes ten times
-- as long as carrying it out. $3: the role to be, where one is named.
SELECT set_config('row_security', 'off', true),
       set_config('statement_timeout', $1, true),
       set_config('lock_timeout', $2, true),
       set_config('jit', 'off', true),
       set_config('idle_in_transaction_session_timeout', '5s', true),
       set_config('synchronous_commit',
                  CASE current_setting('synchronous_commit')
                    WHEN 'off' THEN 'on'
                    ELSE current_setting('synchronous_commit')
                  END, true),
       CASE WHEN $3::text IS NOT NULL THEN set_config('role', $3, true) END
