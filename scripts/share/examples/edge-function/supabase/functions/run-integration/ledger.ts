// The ledger: who holds a key, for which period, with which records, and what became of it. Short
// transactions; none is open while the target system is talked to.

import type { Connection, Database } from "./database.ts";
import type { ExportRequest } from "./request.ts";

/** This attempt's hold on a key. */
export interface Claim {
  state: "mine";
  key: string;
  holder: string; // tells this attempt from one that took the key over
  until: string;
  isInDoubt: boolean; // an earlier attempt may have sent these very records
  records: unknown[];
}

export type KeyState =
  | { state: "held"; leftS: number }
  | { state: "completed"; recordsExported: number }
  | { state: "absent" };

// What one call can export in time; the rest waits for the next slot. Yours to measure.
const RECORDS_MAX = 5000;

export class Ledger {
  constructor(readonly database: Database, readonly leaseS: number) {}

  /**
   * Claims the key, and the records to export under it, in one transaction. The insert admits one
   * of two attempts at once; the other finds the key held.
   */
  claim(asked: ExportRequest): Promise<Claim | KeyState> {
    const { idempotencyKey: key, runId } = asked;

    return this.database.transaction(async (connection) => {
      return await this.takeOver(connection, key, runId) ??
        await this.open(connection, asked) ??
        await readState(connection, key);
    });
  }

  /** Claims the key only if whoever held it is dead. */
  claimDead(key: string): Promise<Claim | KeyState> {
    return this.database.transaction(async (connection) => {
      return await this.takeOver(connection, key, null) ?? await readState(connection, key);
    });
  }

  /** The keys of other slots of this period that are held, or whose holder is dead. */
  unsettled(asked: ExportRequest): Promise<string[]> {
    const { orgId, integrationId, periodStart, scheduledFor } = asked;

    return this.database.transaction(async (connection) => {
      const values = [orgId, integrationId, periodStart, scheduledFor];
      const { rows } = await connection.query(UNSETTLED, values);
      return rows.map((row) => row.idempotency_key);
    });
  }

  /** The target system has the records. */
  async complete(claim: Claim) {
    await this.database.transaction(async (connection) => {
      await updateMine(connection, COMPLETE, [claim.key, claim.holder, claim.records.length]);
    });
  }

  /** It surely has none of the records. They are free for another attempt or the next slot. */
  async release(claim: Claim) {
    await this.database.transaction(async (connection) => {
      await updateMine(connection, REFUSE, [claim.key, claim.holder]);
      await connection.query(FREE, [claim.key]);
    });
  }

  /** The period and the records stay what they were. */
  private async takeOver(connection: Connection, key: string, runId: string | null) {
    const { rows: [entry] } = await connection.query(TAKE_OVER, [key, runId, this.leaseS]);

    return entry && await toClaim(connection, entry, true);
  }

  private async open(connection: Connection, asked: ExportRequest) {
    const { idempotencyKey, orgId, integrationId, periodStart, scheduledFor } = asked;
    const period = [idempotencyKey, orgId, integrationId, periodStart, scheduledFor];
    const values = [...period, asked.integrationType, asked.runId, this.leaseS];
    const { rows: [entry] } = await connection.query(OPEN, values);

    if (entry) await connection.query(GATHER, [...period, RECORDS_MAX]);
    return entry && await toClaim(connection, entry, false);
  }
}

// deno-lint-ignore no-explicit-any
async function toClaim(connection: Connection, entry: any, isInDoubt: boolean): Promise<Claim> {
  const { rows } = await connection.query(BATCH, [entry.idempotency_key]);

  return {
    state: "mine",
    key: entry.idempotency_key,
    holder: entry.holder,
    until: entry.held_until.toISOString(),
    isInDoubt,
    records: rows.map((row) => row.content),
  };
}

async function readState(connection: Connection, key: string): Promise<KeyState> {
  const { rows: [entry] } = await connection.query(READ_STATE, [key]);

  switch (entry?.status) {
    case "completed":
      return { state: "completed", recordsExported: Number(entry.records_exported) };
    case "in_progress":
      return { state: "held", leftS: entry.left_s };
    default:
      return { state: "absent" };
  }
}

async function updateMine(connection: Connection, statement: string, values: unknown[]) {
  const { rowCount } = await connection.query(statement, values);

  if (rowCount === 0) throw new Error("another attempt took the key over");
}

const TAKE_OVER = `
  UPDATE export_ledger
     SET run_id = coalesce($2, run_id), holder = gen_random_uuid(),
         held_until = clock_timestamp() + make_interval(secs => $3)
   WHERE idempotency_key = $1 AND status = 'in_progress' AND held_until < clock_timestamp()
  RETURNING idempotency_key, holder, held_until`;

// A key that is inserted is new. One that is updated was refused, so its period may be another one.
const OPEN = `
  INSERT INTO export_ledger AS entry
         (idempotency_key, org_id, integration_id, period_start, scheduled_for, integration_type,
          run_id, held_until)
  VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp() + make_interval(secs => $8))
      ON CONFLICT (idempotency_key) DO UPDATE
     SET status = 'in_progress', period_start = excluded.period_start,
         run_id = excluded.run_id, holder = excluded.holder, held_until = excluded.held_until
   WHERE entry.status = 'refused'
  RETURNING idempotency_key, holder, held_until`;

// The records of the period, by its two ends and not by the clock: a late attempt exports what an
// early one would have. Besides, those of earlier periods that were exported without them, because
// they were committed too late or were too many. Whatever else lies before periodStart waits for
// an attempt at its own slot.
const GATHER = `
    WITH batch AS MATERIALIZED (
           SELECT record_id
             FROM export_records AS r
            WHERE org_id = $2 AND integration_id = $3 AND idempotency_key IS NULL
              AND created_at <= $5
              AND ($4::timestamptz IS NULL
                   OR created_at > $4
                   OR EXISTS (SELECT
                                FROM export_ledger AS l
                               WHERE l.org_id = $2 AND l.integration_id = $3
                                 AND l.status = 'completed'
                                 AND r.created_at <= l.scheduled_for
                                 AND (l.period_start IS NULL OR r.created_at > l.period_start)))
            ORDER BY created_at, record_id
            LIMIT $6
              FOR UPDATE
         )
  UPDATE export_records AS r
     SET idempotency_key = $1
    FROM batch
   WHERE r.record_id = batch.record_id`;

const BATCH = `
  SELECT content
    FROM export_records
   WHERE idempotency_key = $1
   ORDER BY record_id`;

const READ_STATE = `
  SELECT status, records_exported,
         greatest(1, ceil(extract(epoch FROM held_until - clock_timestamp())))::integer AS left_s
    FROM export_ledger
   WHERE idempotency_key = $1`;

const UNSETTLED = `
  SELECT idempotency_key
    FROM export_ledger
   WHERE org_id = $1 AND integration_id = $2 AND status = 'in_progress'
     AND ($3::timestamptz IS NULL OR scheduled_for > $3) AND scheduled_for < $4
   ORDER BY scheduled_for`;

const COMPLETE = `
  UPDATE export_ledger
     SET status = 'completed', records_exported = $3, completed_at = clock_timestamp()
   WHERE idempotency_key = $1 AND holder = $2 AND status = 'in_progress'`;

const REFUSE = `
  UPDATE export_ledger
     SET status = 'refused'
   WHERE idempotency_key = $1 AND holder = $2 AND status = 'in_progress'`;

const FREE = `
  UPDATE export_records
     SET idempotency_key = NULL
   WHERE idempotency_key = $1`;
