// A tick as many would write it first: what is due now by cron-parser, rows and updates by pg, five
// calls at a time by fetch. It catches nothing up, locks nothing and recovers nothing; it is here to
// be measured beside syncsched (make bench), with the exact versions of package-lock.json.
//
//     npm ci --prefix tests/bench/peer

import { CronExpressionParser } from 'cron-parser';
import pg from 'pg';

const url = process.env.SYNCSCHED_FUNCTION_URL;
const key = process.env.SUPABASE_SERVICE_ROLE_KEY;
const database = new pg.Pool({ max: 5 });

const { rows: schedules } = await database.query(
  `SELECT i.*, o.timezone
     FROM organization_integrations AS i
     JOIN organizations AS o ON o.id = i.org_id
    WHERE i.is_enabled AND i.cron_schedule IS NOT NULL`,
);

/** The minute of the window at which a schedule fires, or null. */
function slotInWindow({ cron_schedule, timezone }, now) {
  const offset = /^([+-])0?(\d+):00$/.exec(timezone ?? '');
  const tz = offset ? `UTC${offset[1]}${offset[2]}` : (timezone ?? 'UTC');
  const from = new Date(now - 30_001);
  const next = CronExpressionParser.parse(cron_schedule, { currentDate: from, tz }).next();
  return next.getTime() <= now + 30_000 ? next.toDate() : null;
}

const now = Date.now();
const due = schedules
  .map((schedule) => ({ ...schedule, slot: slotInWindow(schedule, now) }))
  .filter((schedule) => schedule.slot !== null);

const runs = [];
for (const { org_id, integration_id, integration_type, slot } of due) {
  const { rows } = await database.query(
    `INSERT INTO sync_run_log
            (org_id, integration_id, integration_type, scheduled_for, covers_from, attempt, status,
             idempotency_key, triggered_by)
     VALUES ($1, $2, $3, $4, $4, 1, 'pending', $5, 'schedule')
         ON CONFLICT DO NOTHING
     RETURNING *`,
    [org_id, integration_id, integration_type, slot, `${org_id}/${integration_id}/${slot.toISOString()}`],
  );
  runs.push(...rows);
}

let failed = 0;
async function work() {
  for (let run = queue.shift(); run !== undefined; run = queue.shift()) {
    await database.query(
      `UPDATE sync_run_log SET status = 'running', started_at = now(), worker = 'node'
        WHERE run_id = $1 AND status = 'pending'`,
      [run.run_id],
    );
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Idempotency-Key': run.idempotency_key,
        Authorization: `Bearer ${key}`,
      },
      body: JSON.stringify({
        runId: run.run_id,
        orgId: run.org_id,
        integrationId: run.integration_id,
        integrationType: run.integration_type,
        scheduledFor: run.scheduled_for,
        idempotencyKey: run.idempotency_key,
      }),
    });
    const { recordsExported } = await answer.json();
    if (!answer.ok) failed++;
    await database.query(
      answer.ok
        ? `UPDATE sync_run_log
              SET status = 'completed', completed_at = now(), records_exported = $2
            WHERE run_id = $1`
        : `UPDATE sync_run_log
              SET status = 'failed', failed_at = now(), error_class = 'rejected',
                  error_code = 'HTTP', error_message = $2
            WHERE run_id = $1`,
      [run.run_id, answer.ok ? recordsExported : `HTTP ${answer.status}`],
    );
  }
}

const queue = [...runs];
await Promise.all(Array.from({ length: 5 }, work));
await database.end();
console.log(
  JSON.stringify({
    triggered: runs.length,
    skipped: due.length - runs.length,
    failed,
    runIds: runs.map((run) => run.run_id),
  }),
);
