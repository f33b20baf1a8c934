// Ticks against the function, both ways, killed at each step. Afterwards the target system has each
// record once, and the log agrees with the ledger.

import assert from "node:assert/strict";
import { keyOf, NEXT_SLOT, type Scene, SLOT, test, until } from "./scene.ts";

type Way = "answers with 200" | "answers with 202";
type Tick = () => Promise<unknown>;

interface Step {
  when: string;
  way?: Way; // the one that has this step
  /** Starts the tick, and kills at this step. */
  kill(scene: Scene, tick: Tick, way: Way): Promise<void>;
}

const STEPS: Step[] = [
  {
    when: "before the claim",
    async kill(scene, tick) {
      const lock = await scene.lock("LOCK TABLE export_ledger");
      const ticking = tick();
      await scene.untilFunctionWaits();
      await scene.killFunction();
      await scene.endWaiting();
      await lock.release();
      await ticking;
    },
  },
  {
    when: "between the claim and the work",
    kill: (scene, tick) => killAtCommit(scene, tick, "in_progress"),
  },
  {
    when: "before the target system has anything",
    kill: (scene, tick, way) => killAtTarget(scene, tick, way, "hangs"),
  },
  {
    when: "when the target system has the records",
    kill: (scene, tick, way) => killAtTarget(scene, tick, way, "takes and hangs"),
  },
  {
    when: "between the work and the answer",
    way: "answers with 200",
    kill: (scene, tick) => killAtCommit(scene, tick, "completed"),
  },
  {
    when: "between the work and the report",
    way: "answers with 202",
    async kill(scene, tick) {
      scene.target.mood = "takes and hangs";
      await tick();
      const lock = await scene.lock("SELECT FROM sync_run_log FOR UPDATE");
      scene.target.release();
      await scene.untilFunctionWaits();
      await scene.killFunction();
      await scene.endWaiting();
      await lock.release();
    },
  },
  {
    when: "at the end",
    async kill(scene, tick) {
      await tick();
      await scene.untilReported();
      await scene.killFunction();
    },
  },
];

/** The transaction that gives a key this status is committed, and the function does not learn it. */
async function killAtCommit(scene: Scene, tick: Tick, status: string) {
  const lock = await scene.lockCommit(status);
  const ticking = tick();

  await scene.untilFunctionWaits();
  await scene.killFunction();
  await lock.release();
  await ticking;
}

async function killAtTarget(scene: Scene, tick: Tick, way: Way, mood: "hangs" | "takes and hangs") {
  scene.target.mood = mood;
  const ticking = tick();

  await scene.target.untilItHangs();
  if (way === "answers with 202") await ticking;
  await scene.killFunction();
  await ticking;
}

const tickAt = (scene: Scene, slot: string, ...more: string[]) =>
  scene.syncsched(["run", "--at", slot, ...more]);

/** Attempts as an operator or a policy makes them, when leases and the 30 minutes are over. */
async function attemptUntilCompleted(scene: Scene, slot = SLOT) {
  const isCompleted = async () =>
    (await scene.sql`
      SELECT FROM sync_run_log WHERE scheduled_for = ${slot} AND status = 'completed'`).length > 0;

  for (let i = 0; i < 3 && !await isCompleted(); i++) {
    await scene.endLease();
    await scene.letRunsGrowOld();
    await tickAt(scene, slot, "--retry-failed", "--retry-unknown");
    await scene.untilReported();
  }
}

for (const way of ["answers with 200", "answers with 202"] as const) {
  const options = { acceptTypes: way === "answers with 202" ? "xledger" : "" };

  for (const step of STEPS.filter((step) => step.way === undefined || step.way === way)) {
    test(`${way}, killed ${step.when}`, async (scene) => {
      await scene.addRecords([1, 2]);
      await step.kill(scene, () => tickAt(scene, SLOT), way);
      await scene.addRecords([3], NEXT_SLOT);
      await scene.startFunction();
      await attemptUntilCompleted(scene);
      await tickAt(scene, NEXT_SLOT);
      await scene.untilReported();

      assert.deepEqual(scene.target.numbers, [1, 2, 3]);
      await scene.checkAgreement(["2", "1"]);
    }, options);
  }

  test(`${way}, the tick killed in the call`, async (scene) => {
    await scene.addRecords([1, 2]);
    const lock = await scene.lockCommit("in_progress");
    const tick = scene.start(["run", "--at", SLOT]);
    await scene.untilFunctionWaits();
    Deno.kill(-tick.pid, "SIGKILL");
    await tick.output();
    await lock.release();
    await scene.untilCompleted();
    await attemptUntilCompleted(scene);

    assert.deepEqual(scene.target.numbers, [1, 2]);
    await scene.checkAgreement(["2"]);
  }, options);
}

// ---- A key that is held ----

test("a policy waits for as long as the 409 says, and spends no attempt on it", async (scene) => {
  const tickAfterPause = async () => {
    await scene.sql`UPDATE sync_run_log SET failed_at = failed_at - interval '2 hours'`;
    await scene.syncsched(["run", "--max-attempts", "2", "--retry-unknown"]);
    return await scene.lastRun();
  };

  await scene.addRecords([1, 2]);
  await killAtTarget(scene, () => tickAt(scene, SLOT), "answers with 200", "takes and hangs");
  await scene.startFunction();
  const held = await tickAfterPause();
  assert.equal(held.error_code, "IN_PROGRESS");
  assert.equal((await tickAfterPause()).attempt, held.attempt); // the lease of 420 s is not over

  await scene.endLease();
  await scene.sql`UPDATE sync_run_log SET retry_at = retry_at - interval '420 s'`;
  const last = await tickAfterPause();
  assert.equal(last.status, "completed");
  assert.equal(last.attempt, 3);
  assert.deepEqual(scene.target.numbers, [1, 2]);
});

// ---- A restored database ----

test("what a restored database lacks is asked for by key, and only what is absent is sent", async (scene) => {
  await scene.addRecords([1, 2]);
  await tickAt(scene, SLOT);
  await scene.addRecords([3], NEXT_SLOT);
  await scene.sql`
    UPDATE sync_run_log
       SET status = 'failed', completed_at = NULL, records_exported = NULL, started_at = NULL,
           worker = NULL, http_status = NULL, request_id = NULL, error_class = 'unknown',
           error_code = 'RESTORED', failed_at = now() - interval '2 minutes'`;
  await scene.sql`
    INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for, covers_from,
                              period_start, attempt, status, idempotency_key, triggered_by,
                              failed_at, error_class, error_code)
    SELECT org_id, integration_id, integration_type, ${NEXT_SLOT}, ${NEXT_SLOT}, scheduled_for, 1,
           status, ${keyOf(NEXT_SLOT)}, triggered_by, failed_at, error_class, error_code
      FROM sync_run_log`;
  await scene.syncsched(["run", "--after-restore", "ask"]);

  assert.deepEqual(scene.target.numbers, [1, 2, 3]);
  assert.deepEqual(
    await scene.sql`
      SELECT attempt, status, resolution, resolved_by, records_exported
        FROM sync_run_log WHERE scheduled_for <= ${NEXT_SLOT} ORDER BY scheduled_for, attempt`,
    [
      {
        attempt: 1,
        status: "failed",
        resolution: "done",
        resolved_by: "function",
        records_exported: "2",
      },
      {
        attempt: 1,
        status: "failed",
        resolution: "not_done",
        resolved_by: "function",
        records_exported: null,
      },
      {
        attempt: 2,
        status: "completed",
        resolution: null,
        resolved_by: null,
        records_exported: "1",
      },
    ],
  );
});

// ---- Asked afterwards ----

test("of what failed, the function says by key what it has done, what not, and what it holds", async (scene) => {
  await scene.addRecords([1, 2]);
  await tickAt(scene, SLOT);
  await scene.sql`
    UPDATE sync_run_log
       SET status = 'failed', completed_at = NULL, records_exported = NULL, failed_at = now(),
           error_class = 'unknown', error_code = 'TIMEOUT'`;
  await scene.sql`
    INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for, covers_from,
                              period_start, attempt, status, idempotency_key, triggered_by,
                              failed_at, error_class, error_code)
    SELECT org_id, integration_id, integration_type, ${NEXT_SLOT}, ${NEXT_SLOT}, scheduled_for, 1,
           status, ${keyOf(NEXT_SLOT)}, triggered_by, failed_at, error_class, error_code
      FROM sync_run_log`;
  await Promise.all([
    scene.syncsched(["resolve", "--ask"]),
    scene.syncsched(["resolve", "--ask", keyOf(SLOT), keyOf(NEXT_SLOT)]),
  ]);

  assert.deepEqual(
    await scene.sql`
      SELECT status, error_code, resolution, resolved_by, records_exported
        FROM sync_run_log ORDER BY scheduled_for`,
    [
      {
        status: "failed",
        error_code: "TIMEOUT",
        resolution: "done",
        resolved_by: "function",
        records_exported: "2",
      },
      {
        status: "failed",
        error_code: "TIMEOUT",
        resolution: "not_done",
        resolved_by: "function",
        records_exported: null,
      },
    ],
  );
  assert.deepEqual(scene.target.numbers, [1, 2]);
});

test("asked, and killed while the function looks, nothing is written, and the next one settles it", async (scene) => {
  const outcomes = () =>
    scene.sql`SELECT error_code, resolution, resolved_by, records_exported FROM sync_run_log`;

  await scene.addRecords([1, 2]);
  await tickAt(scene, SLOT);
  await scene.sql`
    UPDATE sync_run_log
       SET status = 'failed', completed_at = NULL, records_exported = NULL, failed_at = now(),
           error_class = 'unknown', error_code = 'TIMEOUT'`;
  const lock = await scene.lock("LOCK TABLE export_ledger");
  const asking = scene.start(["resolve", "--ask", keyOf(SLOT)]);
  await scene.untilFunctionWaits();
  Deno.kill(-asking.pid, "SIGKILL");
  await asking.output();
  assert.deepEqual(await outcomes(), [
    { error_code: "TIMEOUT", resolution: null, resolved_by: null, records_exported: null },
  ]);
  await lock.release();
  await scene.syncsched(["resolve", "--ask"]);

  assert.deepEqual(await outcomes(), [
    { error_code: "TIMEOUT", resolution: "done", resolved_by: "function", records_exported: "2" },
  ]);
  assert.deepEqual(scene.target.numbers, [1, 2]);
});

test("what the function holds it resolves only when it knows", async (scene) => {
  await scene.addRecords([1]);
  scene.target.mood = "takes and hangs";
  const tick = scene.start(["run", "--at", SLOT]);
  await scene.target.untilItHangs();
  Deno.kill(-tick.pid, "SIGKILL");
  await tick.output();
  await scene.sql`
    UPDATE sync_run_log
       SET status = 'failed', failed_at = now(), error_class = 'unknown', error_code = 'ABANDONED'`;
  assert.match((await scene.syncsched(["resolve", "--ask"])).stdout, /does not know yet/);
  assert.deepEqual(await scene.sql`SELECT resolution FROM sync_run_log`, [{ resolution: null }]);
  scene.target.release();
  await scene.untilCompleted();
  await scene.syncsched(["resolve", "--ask"]);

  assert.deepEqual(await scene.sql`SELECT resolution, records_exported FROM sync_run_log`, [
    { resolution: "done", records_exported: "1" },
  ]);
});

// ---- Histories ----

const SLOTS = 8;
const DAY_MS = 24 * 60 * 60 * 1000;
const SEED = Number(Deno.env.get("FUNCTION_SEED") ?? Date.now() % 1e6);

/** A number from 0 to n-1; the same ones for the same seed. */
function createRandom(seed: number) {
  return (n: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor(seed / 65536) % n;
  };
}

const slotOf = (day: number) =>
  new Date(Date.parse(SLOT) + day * DAY_MS).toISOString().replace(".000Z", "Z");

/** A tick at the slot, whatever may happen to it. */
async function live(scene: Scene, slot: string, way: Way, fate: number) {
  const tick = () => tickAt(scene, slot);

  if (fate === 0) return await killAtTarget(scene, tick, way, "hangs");
  if (fate === 1) return await killAtTarget(scene, tick, way, "takes and hangs");
  if (fate === 2) scene.target.mood = "refuses";
  if (fate === 3) scene.target.mood = "fails";
  await tick();
  if (fate === 3 && way === "answers with 202") {
    await until(async () => (await scene.ledger()).some(({ state }) => state === "held"));
  } else await scene.untilReported();
}

for (const way of ["answers with 200", "answers with 202"] as const) {
  test(`${way}, through a history of seed ${SEED}`, async (scene) => {
    const random = createRandom(SEED);
    let records = 0;

    for (let day = 0; day < SLOTS; day++) {
      // One of the period, so that there is a call to the target system, and one of any period.
      await scene.addRecords([++records], slotOf(day));
      await scene.addRecords([++records], slotOf(random(day + 1)));
      await live(scene, slotOf(day), way, random(6));
      await scene.killFunction();
      scene.target.mood = "takes"; // the function may have died before it met the other one
      await scene.startFunction();
      await scene.letRunsGrowOld();
      if (random(2) === 0) await scene.endLease();
      if (random(3) === 0) {
        await tickAt(scene, slotOf(day), "--retry-failed", "--retry-unknown");
        await scene.untilReported(); // the tick of the next day calls nobody beside a run
      }
    }
    for (let day = 0; day < SLOTS; day++) await attemptUntilCompleted(scene, slotOf(day));
    await scene.addRecords([++records], slotOf(SLOTS));
    await tickAt(scene, slotOf(SLOTS));
    await scene.untilReported();

    assert.deepEqual(scene.target.numbers, Array.from({ length: records }, (_, i) => i + 1));
    await scene.checkAgreement();
  }, { acceptTypes: way === "answers with 202" ? "xledger" : "" });
}
