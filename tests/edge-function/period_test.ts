// Which records belong to a period, which period to a key, and what GET says of a key.

import assert from "node:assert/strict";
import { body, KEY, keyOf, NEXT_SLOT, type Scene, SLOT, test } from "./scene.ts";

const START = "2024-05-01T02:00:00Z";
const NEXT_KEY = keyOf(NEXT_SLOT);

/** The claim of SLOT by a worker that dies, with or without having exported; its lease is over. */
async function leaveDead(scene: Scene, mood: "takes and hangs" | "hangs", periodStart = START) {
  scene.target.mood = mood;
  const dying = scene.post(body(SLOT, periodStart)).catch(() => {});
  await scene.target.untilItHangs();
  await scene.killFunction();
  await dying;
  await scene.startFunction();
}

// ---- Periods ----

test("a period exports what lies after its start, up to and including the slot", async (scene) => {
  await scene.addRecords([1], START);
  await scene.addRecords([2], "2024-05-01T02:00:00.000001Z");
  await scene.addRecords([3], SLOT);
  await scene.addRecords([4], "2024-05-02T02:00:00.000001Z");
  const { body: result } = await scene.post(body(SLOT, START));

  assert.deepEqual(result, { recordsExported: 2, replayed: false });
  assert.deepEqual(scene.target.numbers, [2, 3]);
  assert.equal(scene.target.batches[0].periodStart, START);
  assert.equal(scene.target.batches[0].scheduledFor, SLOT);
});

test("what was committed too late for its slot goes with the next", async (scene) => {
  await scene.addRecords([1]);
  await scene.post(body(SLOT, START));
  await scene.addRecords([2]);
  await scene.addRecords([3], NEXT_SLOT);
  await scene.post(body(NEXT_SLOT, SLOT));

  assert.deepEqual(scene.target.batches[1].records, [{ n: 2 }, { n: 3 }]);
});

test("what is too much for one slot goes with the next", async (scene) => {
  await scene.sql`
    INSERT INTO export_records (org_id, integration_id, created_at, content)
    SELECT ${body().orgId}::uuid, ${body().integrationId}::uuid, ${START}::timestamptz + interval '1h',
           jsonb_build_object('n', n)
      FROM generate_series(1, 5001) AS n`;
  await scene.post(body(SLOT, START));
  await scene.post(body(NEXT_SLOT, SLOT));

  assert.deepEqual(scene.target.batches.map((batch) => batch.records.length), [5000, 1]);
});

test("what lies before the period waits for an attempt at its own slot", async (scene) => {
  await scene.addRecords([1]);
  await scene.addRecords([2], NEXT_SLOT);
  await scene.post(body(NEXT_SLOT, SLOT)); // nothing is known of SLOT, so its period is a hole
  assert.deepEqual(scene.target.numbers, [2]);

  await scene.post(body(SLOT, START));
  assert.deepEqual(scene.target.batches[1].records, [{ n: 1 }]);
});

test("a key keeps its period, and repeats it", async (scene) => {
  await scene.addRecords([1]);
  await scene.addRecords([2], "2024-04-30T12:00:00Z");
  await leaveDead(scene, "hangs");
  await scene.endLease();
  await scene.post(body(SLOT, null));
  const { body: again } = await scene.post(body(SLOT, null));

  assert.deepEqual(again, { recordsExported: 1, replayed: true });
  assert.deepEqual(scene.target.numbers, [1]);
  const [entry] = await scene.sql<{ period_start: Date }>`SELECT period_start FROM export_ledger`;
  assert.equal(entry.period_start.getTime(), Date.parse(START));
});

test("a key that was refused gets the period of its next attempt", async (scene) => {
  await scene.addRecords([1]);
  await scene.addRecords([2], "2024-04-30T12:00:00Z");
  scene.target.mood = "refuses";
  await scene.post(body(SLOT, START));
  await scene.post(body(SLOT, null));

  assert.deepEqual(scene.target.numbers, [1, 2]);
  assert.deepEqual(await scene.sql`SELECT period_start FROM export_ledger`, [
    { period_start: null },
  ]);
});

// ---- A period that takes over an earlier slot ----

test("a slot that is held keeps the period that takes it over waiting", async (scene) => {
  await scene.addRecords([1]);
  await scene.addRecords([2], NEXT_SLOT);
  await leaveDead(scene, "takes and hangs");
  const early = await scene.post(body(NEXT_SLOT, START));

  assert.equal(early.status, 409);
  assert.equal(early.body.error.code, "IN_PROGRESS");
  assert.ok(early.retryAfterS > 0 && early.retryAfterS <= 420, String(early.retryAfterS));
  assert.equal(scene.target.asks, 0);
});

for (const mood of ["takes and hangs", "hangs"] as const) {
  test(`a slot whose holder died on a system that ${mood} is taken over once`, async (scene) => {
    await scene.addRecords([1]);
    await scene.addRecords([2], NEXT_SLOT);
    await leaveDead(scene, mood);
    await scene.endLease();
    const { body: result } = await scene.post(body(NEXT_SLOT, START));

    assert.equal(result.recordsExported, mood === "hangs" ? 2 : 1);
    assert.deepEqual(scene.target.numbers, [1, 2]);
    assert.equal(scene.target.asks, 1);
  });
}

test("a dead slot is not taken over while the target system does not say", async (scene) => {
  await scene.addRecords([1]);
  await leaveDead(scene, "hangs");
  await scene.endLease();
  scene.target.isDown = true;
  const early = await scene.post(body(NEXT_SLOT, START));
  assert.equal(early.body.error.code, "IN_PROGRESS");

  scene.target.isDown = false;
  await scene.endLease();
  await scene.post(body(NEXT_SLOT, START));
  assert.deepEqual(scene.target.numbers, [1]);
});

test("a dead slot outside the period is left alone", async (scene) => {
  await scene.addRecords([1]);
  await scene.addRecords([2], NEXT_SLOT);
  await leaveDead(scene, "hangs");
  await scene.endLease();
  await scene.post(body(NEXT_SLOT, SLOT));

  assert.deepEqual(scene.target.numbers, [2]);
  assert.equal(scene.target.asks, 0);
});

// ---- GET ----

test("GET says what became of a key, and so does the view for the audit", async (scene) => {
  await scene.addRecords([1, 2]);
  assert.deepEqual(await scene.get(), { state: "absent" });
  assert.deepEqual(await scene.ledger(), []);

  scene.target.mood = "takes and hangs";
  const post = scene.post();
  await scene.target.untilItHangs();
  assert.equal((await scene.get()).state, "held");
  assert.deepEqual(await scene.ledger(), [{ state: "held", records_exported: null }]);

  scene.target.release();
  await post;
  assert.deepEqual(await scene.get(), { state: "completed", recordsExported: 2 });
  assert.deepEqual(await scene.ledger(), [{ state: "completed", records_exported: "2" }]);
  assert.equal(scene.target.asks, 0);
});

test("of a key that was refused GET says absent", async (scene) => {
  await scene.addRecords([1]);
  scene.target.mood = "refuses";
  await scene.post();

  assert.deepEqual(await scene.get(), { state: "absent" });
  assert.deepEqual(await scene.ledger(), [{ state: "absent", records_exported: null }]);
});

test("of a dead key GET learns from the target system that it was exported", async (scene) => {
  await scene.addRecords([1]);
  await leaveDead(scene, "takes and hangs");
  assert.equal((await scene.get()).state, "held");
  await scene.endLease();
  assert.deepEqual(await scene.ledger(), [{ state: "unknown", records_exported: null }]);

  assert.deepEqual(await scene.get(), { state: "completed", recordsExported: 1 });
  assert.deepEqual(await scene.ledger(), [{ state: "completed", records_exported: "1" }]);
  assert.deepEqual((await scene.post()).body, { recordsExported: 1, replayed: true });
});

test("of a dead key GET learns that it was not, and the next period has its records", async (scene) => {
  await scene.addRecords([1]);
  await leaveDead(scene, "hangs");
  await scene.endLease();

  assert.deepEqual(await scene.get(), { state: "absent" });
  await scene.post(body(NEXT_SLOT, START));
  assert.deepEqual(scene.target.batches.map((batch) => batch.key), [NEXT_KEY]);
  assert.deepEqual(scene.target.numbers, [1]);
});

test("while the target system does not say, a dead key is held", async (scene) => {
  await scene.addRecords([1]);
  await leaveDead(scene, "takes and hangs");
  await scene.endLease();
  scene.target.isDown = true;

  assert.equal((await scene.get()).state, "held");
  assert.deepEqual(await scene.ledger(), [{ state: "held", records_exported: null }]);
  assert.match(scene.log, /EXPORT_UNKNOWN/);
  assert.equal((await scene.get(KEY)).state, "held");
});
