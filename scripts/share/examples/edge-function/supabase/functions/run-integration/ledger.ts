// The ledger: who holds a key, with which records, and what became of it. Short transactions; none
// is open while the target system is talked to.

import type { Connection, Database } from "./database.ts";
import type { ExportRequest } from "./request.ts";

/** The latest run's hold on a key. */
export interface Claim {
  state: "mine";
  holder: string; // tells this attempt from one that took the key over
  until: string;
  isInDoubt: boolean; // an earlier attempt may have sent these very records
  records: unknown[];
}

export type KeyState =
  | Claim
  | { state: "held"; until: string }
  | { state: "completed"; recordsExported: number };

// What one call can export in time; the rest waits for the next slot. Yours to measure.
const RECORDS_MAX = 5000;

export class Ledger {
  constructor(readonly database: Database, readonly leaseS: number) {}

  /**
   * Claims the key, and the records to export under it, in one transaction. The insert admits one
   * of two attempts at once; the other finds the key held.
   */
  claim(asked: ExportRequest): Promise<KeyState> {
    return this.database.transaction(async (connection) => {
      const { rows: [mine] } = await connection.query(CLAIM, [
        asked.idempotencyKey,
        asked.orgId,
        asked.integrationId,
        asked.integrationType,
        asked.coversFrom,
        asked.scheduledFor,
        asked.runId,
        this.leaseS,
      ]);

      if (mine === undefined) return await readState(connection, asked);
      if (!mine.is_in_doubt) await gather(connection, asked);
      return {
        state: "mine",
        holder: mine.holder,
        until: mine.held_until.toISOString(),
        isInDoubt: mine.is_in_doubt,
        records: await batch(connection, asked),
      };
    });
  }

  /** The target system has the records. */
  async complete(asked: ExportRequest, claim: Claim) {
    await this.database.transaction(async (connection) => {
      const values = [asked.idempotencyKey, claim.holder, claim.records.length];
      await updateMine(connection, COMPLETE, values);
    });
  }

  /** It surely has none of the records. They are free for another attempt or the next slot. */
  async release(asked: ExportRequest, claim: Claim) {
    await this.database.transaction(async (connection) => {
      await updateMine(connection, REFUSE, [asked.idempotencyKey, claim.holder]);
      await connection.query(FREE, [asked.idempotencyKey]);
    });
  }
}

async function readState(connection: Connection, asked: ExportRequest): Promise<KeyState> {
  const { rows: [entry] } = await connection.query(READ_STATE, [asked.idempotencyKey]);

  return entry.status === "completed"
    ? { state: "completed", recordsExported: Number(entry.records_exported) }
    : { state: "held", until: entry.held_until.toISOString() };
}

async function gather(connection: Connection, asked: ExportRequest) {
  const { idempotencyKey, orgId, integrationId, scheduledFor } = asked;

  await connection.query(GATHER, [idempotencyKey, orgId, integrationId, scheduledFor, RECORDS_MAX]);
}

async function batch(connection: Connection, asked: ExportRequest): Promise<unknown[]> {
  const { rows } = await connection.query(BATCH, [asked.idempotencyKey]);

  return rows.map((row) => row.content);
}

async function updateMine(connection: Connection, statement: string, values: unknown[]) {
  const { rowCount } = await connection.query(statement, values);

  if (rowCount === 0) throw new Error("another attempt took the key over");
}

// A key that is inserted is new. One that is updated was refused, or its holder is dead: then the
// export is in doubt.
const CLAIM = `
  INSERT INTO export_ledger AS entry
         (idempotency_key, org_id, integration_id, integration_type, covers_from, scheduled_for,
          run_id, held_until)
  VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp() + make_interval(secs => $8))
      ON CONFLICT (idempotency_key) DO UPDATE
     SET status = 'in_progress', is_in_doubt = entry.status = 'in_progress',
         run_id = excluded.run_id, holder = excluded.holder, held_until = excluded.held_until
   WHERE entry.status = 'refused'
      OR entry.status = 'in_progress' AND entry.held_until < clock_timestamp()
  RETURNING holder, held_until, is_in_doubt`;

const READ_STATE = `
  SELECT status, held_until, records_exported
    FROM export_ledger
   WHERE idempotency_key = $1`;

// The records that were there when the slot was due, by scheduledFor and not by the clock, and that
// belong to no other slot. So a late attempt exports what an early one would have, and a record that
// was committed too late for its slot goes with the next. If your source knows only periods, ask for
// the one from the slot before coversFrom to scheduledFor.
const GATHER = `
    WITH batch AS MATERIALIZED (
           SELECT record_id
             FROM export_records
            WHERE org_id = $2 AND integration_id = $3 AND idempotency_key IS NULL
              AND created_at < $4
            ORDER BY created_at, record_id
            LIMIT $5
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
