// The scene of a test: a database with both migrations, the target system, the function under Deno,
// and the program that calls it; all of them real, all on loopback.

import assert from "node:assert/strict";
// @ts-types="npm:@types/pg@8.11.10"
import pg from "pg";
import { TargetSystem } from "./target_system.ts";

export const SECRET_KEY = "sb_secret_the-scene-s-own";
export const LEGACY_KEY =
  "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIiwiaXNzIjoic2NlbmUifQ.c2VjcmV0";
export const ORG = "00000000-0000-4000-8000-00000000000a";
export const INTEGRATION = "00000000-0000-4000-8000-000000000001";

const ROOT = new URL("../../", import.meta.url).pathname;
const MIGRATIONS = ROOT + "scripts/share/examples/edge-function/supabase/migrations/";
const SYNCSCHED =
  new URL(`${Deno.env.get("BUILD") ?? "build"}/syncsched`, `file://${ROOT}`).pathname;
const PASSWORD = encodeURIComponent(Deno.env.get("PGPASSWORD") ?? "");
const HOST = Deno.env.get("PGHOST") ?? "localhost";
const PORT = Deno.env.get("PGPORT") ?? "5432"; // of a pooler, perhaps

/** What a test sets up it does at the server itself. */
const SERVER = `${HOST}:${Deno.env.get("SERVER_PORT") ?? PORT}`;

/** Slots of days that are over: what `run --at` serves. */
export const SLOT = "2024-05-02T02:00:00Z";
export const NEXT_SLOT = "2024-05-03T02:00:00Z";
export const KEY = keyOf(SLOT);

const WAITING = `
  FROM pg_stat_activity
 WHERE datname = current_database() AND application_name = 'run-integration'
   AND wait_event_type = 'Lock'`;

export interface Run {
  attempt: number;
  status: string;
  accepted_at: Date | null;
  records_exported: string | null;
  error_class: string | null;
  error_code: string | null;
  error_message: string | null;
}

interface SceneOptions {
  leaseS?: number;
  targetTimeoutS?: number;
  targetUrl?: string;
  acceptTypes?: string; // answered with 202
  endsWhenIdle?: boolean;
}

export function test(name: string, work: (scene: Scene) => Promise<void>, options = {}) {
  Deno.test(name, async () => {
    const scene = await Scene.open(options);

    try {
      await scene.addIntegration();
      await work(scene);
      const told = JSON.stringify(await scene.runs()) + scene.log;
      for (const secret of [SECRET_KEY, LEGACY_KEY, scene.target.token]) {
        assert.ok(!told.includes(secret), "a secret is told");
      }
    } catch (error) {
      console.error(await scene.runs().catch(String), scene.log);
      throw error;
    } finally {
      await scene.close();
    }
  });
}

export class Scene {
  readonly target = new TargetSystem();
  url = "";
  log = "";
  private child?: Deno.ChildProcess;
  private reading: Promise<void>[] = [];

  private constructor(
    private readonly databaseUrl: string,
    private readonly serverUrl: string,
    private readonly database: pg.Client,
    private readonly options: SceneOptions,
  ) {}

  static async open(options: SceneOptions): Promise<Scene> {
    const name = `scene_${crypto.randomUUID().replaceAll("-", "")}`;
    const at = (server: string) => `postgres://scene_owner:${PASSWORD}@${server}/${name}`;

    await asSuperuser(ROLES, `CREATE DATABASE ${name} OWNER scene_owner`);
    await migrate(at(SERVER));
    const database = new pg.Client(at(SERVER));
    await database.connect();
    const scene = new Scene(at(`${HOST}:${PORT}`), at(SERVER), database, options);
    await scene.startFunction();
    return scene;
  }

  async close() {
    this.target.release();
    await this.killFunction();
    await this.target.close();
    await this.database.end();
  }

  async startFunction() {
    this.child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-lock", "--no-check", `--config=${import.meta.dirname}/deno.json`]
        .concat(
          "--allow-net",
          "--allow-env",
          `${import.meta.dirname}/serve.ts`,
        ),
      clearEnv: true,
      env: {
        HOME: "/nonexistent",
        DENO_DIR: Deno.env.get("DENO_DIR") ?? "",
        NO_COLOR: "1",
        SUPABASE_DB_URL: this.databaseUrl,
        SUPABASE_SECRET_KEYS: JSON.stringify({ default: "sb_secret_another", tick: SECRET_KEY }),
        SUPABASE_SERVICE_ROLE_KEY: LEGACY_KEY,
        TARGET_URL: this.options.targetUrl ?? this.target.url,
        TARGET_TOKEN: this.target.token,
        TARGET_TIMEOUT_S: String(this.options.targetTimeoutS ?? 20),
        LEASE_S: String(this.options.leaseS ?? 420),
        ACCEPT_TYPES: this.options.acceptTypes ?? "",
        ...(this.options.endsWhenIdle ? { ENDS_WHEN_IDLE: "1" } : {}),
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const port = Promise.withResolvers<string>();
    this.reading = [
      readLines(this.child.stdout, (line) => port.resolve(line)),
      readLines(this.child.stderr, (line) => this.log += line + "\n"),
    ];
    this.child.status.then(() => port.reject(new Error(`the function ended: ${this.log}`)));
    this.url = `http://127.0.0.1:${await port.promise}`;
  }

  async untilFunctionEnds() {
    await this.child?.status;
  }

  /** As the platform ends a worker: without a word. */
  async killFunction() {
    try {
      this.child?.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.child?.status;
    await Promise.all(this.reading);
    this.child = undefined;
  }

  // ---- Rows ----

  /** A statement, its values as parameters; the rows that come of it. */
  async sql<T = Record<string, unknown>>(parts: TemplateStringsArray, ...values: unknown[]) {
    const text = parts.reduce((text, part, i) => `${text}$${i}${part}`);

    return await this.query<T>(text, values);
  }

  async query<T>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await this.database.query(text, values)).rows;
  }

  /** An integration that is due at SLOT, and every day. */
  async addIntegration(cron = "0 2 * * *") {
    await this.sql`INSERT INTO organizations (id, name) VALUES (${ORG}, 'Bakeri')`;
    await this.sql`
      INSERT INTO organization_integrations
             (org_id, integration_id, integration_type, cron_schedule)
      VALUES (${ORG}, ${INTEGRATION}, 'xledger', ${cron})`;
  }

  async addRecords(numbers: number[], createdAt = "2024-05-01T12:00:00Z") {
    for (const n of numbers) {
      await this.sql`
        INSERT INTO export_records (org_id, integration_id, created_at, content)
        VALUES (${ORG}, ${INTEGRATION}, ${createdAt}, ${{ n }})`;
    }
  }

  async runs(): Promise<Run[]> {
    return await this.sql<Run>`
      SELECT attempt, status, accepted_at, records_exported, error_class, error_code, error_message
        FROM sync_run_log
       ORDER BY scheduled_for, attempt`;
  }

  async lastRun(): Promise<Run> {
    return (await this.runs()).at(-1)!;
  }

  /** The ledger as `syncsched audit` reads it. */
  async ledger() {
    return await this.sql<{ state: string; records_exported: string | null }>`
      SELECT state, records_exported FROM sync_export_ledger ORDER BY idempotency_key`;
  }

  /** Each key that is completed in the log is so in the ledger, and the reverse, with one count. */
  async checkAgreement(counts?: string[]) {
    const rows = await this.sql<Record<string, unknown>>`
      SELECT run.records_exported AS logged, entry.records_exported AS exported, entry.state,
             run.period_start IS NOT DISTINCT FROM kept.period_start AS is_same_period
        FROM (SELECT * FROM sync_run_log WHERE status = 'completed') AS run
        FULL JOIN sync_export_ledger AS entry USING (idempotency_key)
        LEFT JOIN export_ledger AS kept USING (idempotency_key)
       ORDER BY idempotency_key`;
    const expected = counts ?? rows.map((row) => row.exported);

    assert.deepEqual(
      rows,
      expected.map((exported) => ({
        logged: exported,
        exported,
        state: "completed",
        is_same_period: true,
      })),
    );
  }

  async untilCompleted() {
    await until(async () => {
      return (await this.sql`SELECT FROM export_ledger WHERE status = 'completed'`).length > 0;
    });
  }

  /** As if the time were over for which an attempt holds a key. */
  async endLease() {
    await this.sql`UPDATE export_ledger SET held_until = clock_timestamp() - interval '1s'`;
  }

  /** As if 31 minutes had passed since the start of what runs. */
  async letRunsGrowOld() {
    await this.sql`
      UPDATE sync_run_log
         SET created_at = created_at - interval '31 min', started_at = started_at - interval '31 min',
             accepted_at = accepted_at - interval '31 min'
       WHERE status = 'running'`;
  }

  /** Until every run has come to its end. */
  async untilReported() {
    await until(async () => {
      return (await this.sql`SELECT FROM sync_run_log WHERE status = 'running'`).length === 0;
    });
  }

  // ---- Locks ----

  /** Takes a lock that the function needs; until it is released, or the test is over. */
  async lock(statement: string) {
    const client = new pg.Client(this.serverUrl);

    await client.connect();
    await client.query("BEGIN");
    await client.query(statement);
    return { release: () => client.end() };
  }

  /** Lets no transaction end that gives a key this status. Afterwards those that wait do end. */
  async lockCommit(status: string) {
    await this.query(`
      CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS $$
      BEGIN
          PERFORM pg_advisory_xact_lock_shared(4711);
          RETURN NULL;
      END
      $$;
      CREATE CONSTRAINT TRIGGER wait AFTER INSERT OR UPDATE ON export_ledger
          DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW WHEN (NEW.status = '${status}') EXECUTE FUNCTION wait()`);
    return await this.lock("SELECT pg_advisory_xact_lock(4711)");
  }

  async untilFunctionWaits() {
    await until(async () => (await this.query(`SELECT pid ${WAITING}`)).length > 0);
  }

  /** The server's part of what a dead function waits for. */
  async endWaiting() {
    await this.query(`SELECT pg_terminate_backend(pid) ${WAITING}`);
  }

  // ---- Calls ----

  /** The program against the function; its exit status and what it wrote. */
  async syncsched(args: string[], key = SECRET_KEY) {
    const output = await this.start(args, key).output();
    const stdout = new TextDecoder().decode(output.stdout);
    const stderr = new TextDecoder().decode(output.stderr);

    this.log += `$ syncsched ${args.join(" ")}\n${stdout}${stderr}exit ${output.code}\n`;
    return { code: output.code, stdout, stderr };
  }

  /** In a process group of its own, so that its workers can be killed with it. */
  start(args: string[], key = SECRET_KEY): Deno.ChildProcess {
    return new Deno.Command("setsid", {
      args: [SYNCSCHED, ...args, "--config", "/dev/null"],
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        SUPABASE_DB_URL: this.databaseUrl,
        SUPABASE_URL: this.url,
        [key.startsWith("sb_") ? "SUPABASE_SECRET_KEY" : "SUPABASE_SERVICE_ROLE_KEY"]: key,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  /** An attempt at SLOT; the second and later ones whatever became of those before. */
  async attempt(...args: string[]): Promise<Run> {
    const again = (await this.runs()).length > 0 ? ["--retry-failed", "--retry-unknown"] : [];
    const { stdout, stderr } = await this.syncsched(["run", "--at", SLOT, ...again, ...args]);
    const summary = JSON.parse(stdout);

    assert.equal(summary.triggered, 1, stderr);
    return await this.lastRun();
  }

  /** The same call as curl would make it; null: without that header. */
  post(changes: Record<string, unknown> = {}, headers: Record<string, string> = {}) {
    const asked = { ...body(), ...changes };
    const answer = this.ask(asked.idempotencyKey, {
      method: "POST",
      headers,
      body: JSON.stringify(asked),
    });

    answer.catch(() => {}); // a test that fails does not wait for it
    return answer;
  }

  /** As `syncsched resolve --ask` does. */
  async get(key = KEY) {
    return (await this.ask(key, {})).body;
  }

  private async ask(key: string, init: RequestInit & { headers?: Record<string, string> }) {
    const response = await fetch(`${this.url}/functions/v1/run-integration`, {
      ...init,
      headers: { apikey: SECRET_KEY, "Idempotency-Key": key, ...init.headers },
    });
    const retryAfterS = Number(response.headers.get("Retry-After"));

    return { status: response.status, body: await response.json(), retryAfterS };
  }
}

/** What the program sends for a slot. */
export function body(slot = SLOT, periodStart: string | null = null) {
  return {
    runId: crypto.randomUUID() as string,
    orgId: ORG,
    integrationId: INTEGRATION,
    integrationType: "xledger",
    scheduledFor: slot,
    coversFrom: slot,
    periodStart,
    attempt: 1,
    idempotencyKey: keyOf(slot),
  };
}

export function keyOf(slot: string): string {
  return `${ORG}/${INTEGRATION}/${slot}`;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export async function until(isSo: () => boolean | Promise<boolean>) {
  for (let i = 0; i < 3000; i++) {
    if (await isSo()) return;
    await sleep(100);
  }
  assert.fail("it was not so in time");
}

export async function asSuperuser(...statements: string[]) {
  const user = Deno.env.get("PGUSER") ?? "";
  const client = new pg.Client(`postgres://${user}:${PASSWORD}@${SERVER}/postgres`);

  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

/** Supabase's own, and one that owns and connects as its postgres does: no superuser. */
const ROLES = `
  DO $$
  BEGIN
      IF to_regrole('scene_owner') IS NULL THEN
          CREATE ROLE scene_owner LOGIN BYPASSRLS PASSWORD '${PASSWORD}';
          CREATE ROLE anon;
          CREATE ROLE authenticated;
          CREATE ROLE service_role BYPASSRLS;
          GRANT anon, authenticated, service_role TO scene_owner;
      END IF;
  END
  $$`;

/** The function's migration twice: it must be safe to apply again. */
async function migrate(databaseUrl: string) {
  const files = Array.from(Deno.readDirSync(MIGRATIONS)).map((entry) => MIGRATIONS + entry.name);
  const script = `
    "$1" schema --config /dev/null | psql -qX -v ON_ERROR_STOP=1 "$2" &&
    cat "$3" | psql -qX -v ON_ERROR_STOP=1 "$2" &&
    cat "$3" | psql -qX -v ON_ERROR_STOP=1 "$2"`;
  const output = await new Deno.Command("sh", {
    args: ["-c", script, "migrate", SYNCSCHED, databaseUrl, ...files],
  }).output();

  assert.equal(files.length, 1);
  assert.ok(output.success, new TextDecoder().decode(output.stderr));
}

async function readLines(stream: ReadableStream<Uint8Array>, take: (line: string) => void) {
  let rest = "";

  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    lines.forEach(take);
  }
}
