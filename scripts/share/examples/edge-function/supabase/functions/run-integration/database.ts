// The database, by node-postgres: claiming a key and its records takes a transaction, and
// supabase-js has none. Without named statements it works through a pooler in transaction mode.

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
      query_timeout: 30_000, // for a server that has vanished
    });
    // A query on a lost connection fails by itself. Without these listeners the error would end the
    // worker, and with it the exports of others.
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

// Nothing waits for long. Row level security hides rows silently, so it is made an error: with a
// ledger that looks empty, everything would be exported again.
const SETTINGS = `
  SELECT set_config('row_security', 'off', true),
         set_config('lock_timeout', '5s', true),
         set_config('statement_timeout', '20s', true),
         set_config('idle_in_transaction_session_timeout', '5s', true)`;

function tellLost(error: Error) {
  console.error(JSON.stringify({ code: "CONNECTION_LOST", message: error.message }));
}
