// Exports that are answered with 202, and reported later.

import assert from "node:assert/strict";
import { body, NEXT_SLOT, type Scene, sleep, SLOT, test, until } from "./scene.ts";

const ACCEPTING = { acceptTypes: "dynamics, xledger" };

/** A tick whose run is accepted, while the target system keeps the records to itself. */
async function acceptRun(scene: Scene) {
  await scene.addRecords([1, 2]);
  scene.target.mood = "takes and hangs";
  const run = await scene.attempt();
  await scene.target.untilItHangs();
  return run;
}

test("an accepted run is running until it is reported as completed", async (scene) => {
  const run = await acceptRun(scene);
  assert.equal(run.status, "running");
  assert.ok(run.accepted_at);
  assert.equal((await scene.get()).state, "held");

  scene.target.release();
  await scene.untilReported();
  const reported = await scene.lastRun();
  assert.equal(reported.status, "completed");
  assert.equal(reported.records_exported, "2");
  await scene.checkAgreement(["2"]);
}, ACCEPTING);

test("a worker lives until the report, and no longer", async (scene) => {
  await acceptRun(scene);
  scene.target.release();
  await scene.untilFunctionEnds();

  assert.equal((await scene.lastRun()).status, "completed");
}, { ...ACCEPTING, endsWhenIdle: true });

test("a refusal is reported in the target's words", async (scene) => {
  await scene.addRecords([1, 2]);
  scene.target.mood = "refuses";
  await scene.attempt();
  await scene.untilReported();
  const run = await scene.lastRun();

  assert.equal(run.error_class, "rejected");
  assert.equal(run.error_code, "TARGET_REFUSED");
  assert.match(run.error_message!, /answered 422: customer 4711 is unknown to \[token\]/);
}, ACCEPTING);

test("what is not known is not reported", async (scene) => {
  await scene.addRecords([1]);
  scene.target.mood = "fails";
  await scene.attempt();
  await scene.untilFunctionEnds();

  assert.equal((await scene.lastRun()).status, "running");
  assert.match(scene.log, /EXPORT_UNKNOWN/);
}, { ...ACCEPTING, endsWhenIdle: true });

test("a report that fails is tried again", async (scene) => {
  await acceptRun(scene);
  await scene.sql`ALTER FUNCTION sync_run_complete RENAME TO elsewhere`;
  scene.target.release();
  await until(() => scene.log.includes("REPORT_FAILED"));
  await scene.sql`ALTER FUNCTION elsewhere RENAME TO sync_run_complete`;
  await scene.untilReported();

  assert.equal((await scene.lastRun()).records_exported, "2");
}, ACCEPTING);

test("what an earlier attempt exported is answered at once", async (scene) => {
  await scene.post();
  await scene.untilCompleted();
  const again = await scene.post();

  assert.equal(again.status, 200);
  assert.deepEqual(again.body, { recordsExported: 0, replayed: true });
}, ACCEPTING);

test("a key that is held is not accepted again", async (scene) => {
  await acceptRun(scene);
  const again = await scene.post();

  assert.equal(again.status, 409);
  assert.ok(again.retryAfterS > 0);
  assert.equal(scene.target.posts, 1);
}, ACCEPTING);

test("the type chooses the way", async (scene) => {
  assert.equal((await scene.post()).status, 200);
  const other = { ...body(NEXT_SLOT, SLOT), integrationType: "dynamics" };
  assert.equal((await scene.post(other)).status, 202);
}, { acceptTypes: "dynamics" });

test("the target system may take longer after a 202", async (scene) => {
  await scene.addRecords([1]);
  scene.target.mood = "takes and hangs";
  await scene.attempt();
  await scene.target.untilItHangs();
  await sleep(2000);
  scene.target.release();
  await scene.untilReported();

  assert.equal((await scene.lastRun()).status, "completed");
}, { ...ACCEPTING, targetTimeoutS: 1 });
