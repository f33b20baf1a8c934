// The function under Deno, called by the program, and by others under the same key.

import assert from "node:assert/strict";
import {
  asSuperuser,
  INTEGRATION,
  KEY,
  LEGACY_KEY,
  NEXT_SLOT,
  ORG,
  SECRET_KEY,
  sleep,
  SLOT,
  test,
  until,
} from "./scene.ts";

// ---- What goes well ----

test("a tick completes, with what was there up to and including the slot", async (scene) => {
  await scene.addRecords([1, 2]);
  await scene.addRecords([3], SLOT);
  await scene.addRecords([4], "2024-05-02T02:00:00.000001Z");
  const run = await scene.attempt();

  assert.equal(run.status, "completed");
  assert.equal(run.records_exported, "3");
  assert.equal(run.error_message, null);
  assert.deepEqual(scene.target.numbers, [1, 2, 3]);
  assert.equal(scene.target.batches[0].key, KEY);
  assert.equal(scene.target.batches[0].periodStart, null);
  assert.equal(scene.target.batches[0].scheduledFor, SLOT);
});

test("a plain tick of now completes, with the legacy key, too", async (scene) => {
  await scene.sql`UPDATE organization_integrations SET cron_schedule = '* * * * *'`;
  await scene.addRecords([1, 2]);
  const { code, stdout } = await scene.syncsched(["run"], LEGACY_KEY);

  assert.equal(code, 0);
  assert.equal(JSON.parse(stdout).triggered, 1);
  assert.equal((await scene.lastRun()).records_exported, "2");
});

test("without records the target system is left alone", async (scene) => {
  const run = await scene.attempt();

  assert.equal(run.status, "completed");
  assert.equal(run.records_exported, "0");
  assert.equal(scene.target.posts, 0);
});

test("each record goes with one slot, and a late one with the next", async (scene) => {
  await scene.addRecords([1, 2]);
  await scene.attempt();
  await scene.addRecords([3]);
  await scene.addRecords([4], "2024-05-02T12:00:00Z");
  await scene.syncsched(["run", "--at", NEXT_SLOT]);

  assert.equal((await scene.lastRun()).records_exported, "2");
  assert.deepEqual(scene.target.numbers, [1, 2, 3, 4]);
  assert.equal(scene.target.posts, 2);
});

test("the call in the README works as it stands, and again", async (scene) => {
  const url = new URL("../../scripts/share/examples/edge-function/README.md", import.meta.url);
  const [command] = (await Deno.readTextFile(url)).match(/^ {4}curl -i [^]*?^ {4}}'$/m)!;
  const curl = async () => {
    const env = { SUPABASE_URL: scene.url, SUPABASE_SECRET_KEY: SECRET_KEY };
    const output = await new Deno.Command("sh", { args: ["-c", command], env }).output();
    return new TextDecoder().decode(output.stdout);
  };

  assert.match(await curl(), /^HTTP\/1.1 200 [^]*{"recordsExported":0,"replayed":false}$/);
  assert.match(await curl(), /^HTTP\/1.1 200 [^]*{"recordsExported":0,"replayed":true}$/);
});

// ---- The same key again ----

test("a key that is completed is answered from the ledger", async (scene) => {
  await scene.addRecords([1, 2]);
  await scene.attempt();
  await scene.addRecords([3]);
  const again = await scene.post({ attempt: 2 });

  assert.equal(again.status, 200);
  assert.deepEqual(again.body, { recordsExported: 2, replayed: true });
  assert.deepEqual(scene.target.numbers, [1, 2]);
});

test("a second attempt after a cut-off exports nothing twice", async (scene) => {
  await scene.addRecords([1, 2, 3]);
  scene.target.mood = "takes and hangs";
  const first = await scene.attempt("--timeout", "2s");

  assert.equal(first.error_class, "unknown");
  assert.equal(first.error_code, "TIMEOUT");
  await scene.target.untilItHangs();
  scene.target.release(); // the function was not told of the cut, and comes to its end
  await scene.untilCompleted();
  const second = await scene.attempt();

  assert.equal(second.attempt, 2);
  assert.equal(second.status, "completed");
  assert.equal(second.records_exported, "3");
  assert.equal(scene.target.posts, 1);
});

test("of many calls at once under one key one exports", async (scene) => {
  await scene.addRecords([1, 2]);
  scene.target.mood = "takes and hangs";
  const calls = Array.from({ length: 8 }, () => scene.post());
  await scene.target.untilItHangs();
  const held = await scene.post();
  scene.target.release();
  const statuses = (await Promise.all(calls)).map((call) => call.status).toSorted();

  assert.equal(held.status, 409);
  assert.equal(held.body.error.code, "IN_PROGRESS");
  assert.ok(held.retryAfterS > 0 && held.retryAfterS <= 420, String(held.retryAfterS));
  assert.equal(statuses[0], 200);
  assert.ok(statuses.every((status) => status === 200 || status === 409), statuses.join());
  assert.equal(scene.target.posts, 1);
  assert.deepEqual(scene.target.numbers, [1, 2]);
});

// ---- Deaths half-way ----

test("killed after the export: the next attempt asks, and does not send", async (scene) => {
  await scene.addRecords([1, 2]);
  scene.target.mood = "takes and hangs";
  const first = scene.attempt();
  await scene.target.untilItHangs();
  await scene.killFunction();

  assert.equal((await first).error_class, "unknown");
  assert.equal((await first).error_code, "CONNECTION_LOST");
  await scene.startFunction();
  const second = await scene.attempt(); // the first may still be alive, for all the function knows
  assert.equal(second.error_class, "rejected");
  assert.equal(second.error_code, "IN_PROGRESS");
  assert.equal(scene.target.asks, 0);

  await scene.endLease();
  const third = await scene.attempt();
  assert.equal(third.status, "completed");
  assert.equal(third.records_exported, "2");
  assert.equal(scene.target.asks, 1);
  assert.equal(scene.target.posts, 1);
});

test("killed before the export: the next attempt asks, and sends the same", async (scene) => {
  await scene.addRecords([1, 2]);
  scene.target.mood = "hangs";
  const first = scene.attempt();
  await scene.target.untilItHangs();
  await scene.killFunction();
  await first;
  await scene.addRecords([3]);
  await scene.startFunction();
  await sleep(2000);
  const second = await scene.attempt();

  assert.equal(second.status, "completed");
  assert.equal(second.records_exported, "2");
  assert.deepEqual(scene.target.numbers, [1, 2]);
}, { leaseS: 2 });

test("while the target system does not say, nothing is sent", async (scene) => {
  await scene.addRecords([1]);
  scene.target.mood = "fails";
  const first = await scene.attempt();
  assert.equal(first.error_class, "unknown");
  assert.equal(first.error_code, "EXPORT_UNKNOWN");
  assert.match(first.error_message!, /answered 503: down for repairs/);

  await scene.endLease();
  scene.target.isDown = true;
  const second = await scene.attempt();
  assert.equal(second.error_class, "unknown");
  assert.equal(scene.target.posts, 1);

  await scene.endLease();
  scene.target.isDown = false;
  const third = await scene.attempt();
  assert.equal(third.status, "completed");
  assert.deepEqual(scene.target.numbers, [1]);
});

test("a target system that hangs is waited for so long and no longer", async (scene) => {
  await scene.addRecords([1]);
  scene.target.mood = "takes and hangs";
  const run = await scene.attempt();

  assert.equal(run.error_class, "unknown");
  assert.match(run.error_message!, /did not answer: TimeoutError/);
}, { targetTimeoutS: 1 });

test("whoever lost the key to another attempt does not write over it", async (scene) => {
  await scene.addRecords([1]);
  scene.target.mood = "hangs";
  const slow = scene.post();
  await scene.target.untilItHangs();
  await scene.endLease();
  scene.target.mood = "takes and hangs";
  const next = scene.post();
  await scene.target.untilItHangs();
  scene.target.release(1);

  assert.equal((await slow).body.error.code, "EXPORT_UNKNOWN");
  assert.deepEqual(await scene.sql`SELECT status FROM export_ledger`, [{ status: "in_progress" }]);
  scene.target.release();
  assert.deepEqual((await next).body, { recordsExported: 1, replayed: false });
});

// ---- What goes wrong ----

test("a refusal is recorded in the target's words, and its records are free again", async (scene) => {
  await scene.addRecords([1, 2]);
  scene.target.mood = "refuses";
  const first = await scene.attempt();

  assert.equal(first.status, "failed");
  assert.equal(first.error_class, "rejected");
  assert.equal(first.error_code, "TARGET_REFUSED");
  assert.match(first.error_message!, /answered 422: customer 4711 is unknown to \[token\]/);

  await scene.syncsched(["run", "--at", NEXT_SLOT]); // the next slot takes them
  assert.equal((await scene.lastRun()).records_exported, "2");
  await scene.addRecords([3]);
  await scene.syncsched(["run", "--at", SLOT, "--retry-failed"]);
  assert.deepEqual((await scene.runs()).map((run) => run.status), [
    "failed",
    "completed",
    "completed",
  ]);
  assert.deepEqual(scene.target.numbers, [1, 2, 3]);
});

test("without a target system nothing is exported, and it is told why", async (scene) => {
  await scene.addRecords([1]);
  const run = await scene.attempt();

  assert.equal(run.error_class, "rejected");
  assert.equal(run.error_message, "the secret TARGET_URL is not set");
}, { targetUrl: "" });

test("a target system that is not there leaves a doubt, and no address", async (scene) => {
  await scene.addRecords([1]);
  const run = await scene.attempt();

  assert.equal(run.error_code, "EXPORT_UNKNOWN");
  assert.match(run.error_message!, /did not answer: TypeError/);
  assert.doesNotMatch(run.error_message! + scene.log, /guest/);
}, { targetUrl: "http://127.0.0.1:1/?token=guest" });

test("a wrong key is turned away before anything else", async (scene) => {
  await scene.addRecords([1]);
  await scene.syncsched(["run", "--at", SLOT], "sb_secret_wrong");
  const run = await scene.lastRun();

  assert.equal(run.error_class, "rejected");
  assert.equal(run.error_code, "UNAUTHORIZED");
  assert.equal(scene.target.posts, 0);
  assert.equal((await scene.sql`SELECT FROM export_ledger`).length, 0);
});

test("doctor has the key checked, and warm needs none", async (scene) => {
  const right = await scene.syncsched(["doctor"]);
  const wrong = await scene.syncsched(["doctor"], "sb_secret_wrong");
  await scene.sql`UPDATE organization_integrations SET cron_schedule = '* * * * *'`;
  const warm = await scene.syncsched(["warm", "--ahead", "2m"], "sb_secret_wrong");

  assert.match(right.stdout, /answered OPTIONS with 204/);
  assert.equal(right.code, 0);
  assert.match(wrong.stdout, /the key was refused: 401/);
  assert.equal(wrong.code, 1);
  assert.match(warm.stdout, /"status":204/);
});

test("a connection that the server drops ends neither the function nor the next call", async (scene) => {
  await scene.post();
  await scene.sql`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'run-integration'`;
  await until(() => scene.log.includes("CONNECTION_LOST"));

  assert.deepEqual((await scene.post()).body, { recordsExported: 0, replayed: true });
});

test("a ledger that is not there is told without its words", async (scene) => {
  await scene.sql`DROP TABLE export_records, export_ledger CASCADE`;
  const run = await scene.attempt();

  assert.equal(run.error_class, "rejected");
  assert.equal(run.error_code, "INTERNAL");
  assert.doesNotMatch(run.error_message!, /export_ledger/);
  assert.match(scene.log, /export_ledger/);
});

test("a ledger that cannot be written after the export leaves a doubt", async (scene) => {
  await scene.addRecords([1]);
  scene.target.mood = "takes and hangs";
  const attempt = scene.attempt();
  await scene.target.untilItHangs();
  await scene.sql`ALTER TABLE export_ledger RENAME TO elsewhere`;
  scene.target.release();

  assert.equal((await attempt).error_class, "unknown");
  assert.match((await attempt).error_message!, /the ledger could not be written$/);
});

// ---- The tables ----

test("nobody but the service role sees the tables", async (scene) => {
  await scene.addRecords([1]);
  await scene.attempt();

  for (const role of ["anon", "authenticated"]) {
    for (const table of ["export_ledger", "export_records", "sync_export_ledger"]) {
      await scene.sql`SELECT set_config('role', ${role}, false)`;
      await assert.rejects(scene.query(`SELECT FROM ${table}`), /permission denied/);
    }
  }
  await scene.sql`SET ROLE service_role`;
  assert.equal((await scene.sql`SELECT FROM export_ledger`).length, 1);
  assert.equal((await scene.ledger()).length, 1);
  await scene.sql`RESET ROLE`;
});

test("where row level security would hide records the function refuses", async (scene) => {
  await scene.addRecords([1]);
  await asSuperuser("ALTER ROLE scene_owner NOBYPASSRLS");
  try {
    await scene.sql`ALTER TABLE export_records FORCE ROW LEVEL SECURITY`;
    assert.equal((await scene.post()).body.error.code, "INTERNAL");
  } finally {
    await asSuperuser("ALTER ROLE scene_owner BYPASSRLS");
  }
  assert.match(scene.log, /row-level security/);
});

test("another integration's records stay where they are", async (scene) => {
  const other = INTEGRATION.replace(/1$/, "2");
  await scene.addRecords([1]);
  await scene.sql`
    INSERT INTO export_records (org_id, integration_id, created_at, content)
    VALUES (${ORG}, ${other}, '2024-05-01T12:00Z', ${{ n: 2 }})`;
  await scene.attempt();

  assert.deepEqual(scene.target.numbers, [1]);
});
