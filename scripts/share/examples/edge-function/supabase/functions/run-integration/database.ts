// The database, by node-postgres: claiming a key and its records takes a transaction, which
// supabase-js does not offer. No named statements: it works through a pooler in transaction mode.

// @ts-types="npm:@types/pg@8.11.10"
import pg from "pg";

export type Connection = pg.PoolClient;

export class Database {
  private readonly pool: pg.Pool;

  constructor(url: string) {
    this.pool = new pg.Pool({
      connectionString: url,
      application_name: "run-integration",
      max: 2,
      connectionTimeoutMillis: 10_000,
      idleTimeoutMillis: 20_000,
      query_timeout: 30_000, // of a server that is gone without a word
    });
    // What a lost connection breaks fails by itself. Without listeners it would end the worker, and
    // the exports of others with it.
    this.pool.on("error", tellLost);
    this.pool.on("connect", (connection) => connection.on("error", tellLost));
  }

  async transaction<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.pool.connect();

    try {
      await connection.query("BEGIN");
      await connection.query(SETTINGS);
      const result = await work(connection);
      await connection.query("COMMIT");
      connection.release();
      return result;
    } catch (error) {
      connection.release(true); // closed, which rolls back whatever state it was in
      throw error;
    }
  }
}

// Nothing waits for long. And row level security, which hides rows silently, is an error instead: a
// ledger without rows would have everything exported again.
const SETTINGS = `
  SELECT set_config('row_security', 'off', true),
         set_config('lock_timeout', '5s', true),
         set_config('statement_timeout', '20s', true),
         set_config('idle_in_transaction_session_timeout', '5s', true)`;

function tellLost(error: Error) {
  console.error(JSON.stringify({ code: "CONNECTION_LOST", message: error.message }));
}
