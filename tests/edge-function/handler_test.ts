// What the function says before it gets to the ledger: keys, methods, bodies, settings.

import assert from "node:assert/strict";
import { Failure } from "function/failure.ts";
import { createGuard, shownKey } from "function/guard.ts";
import { createHandler, type Parts } from "function/handler.ts";
import { readBytes, readRequest } from "function/request.ts";
import { readSettings } from "function/settings.ts";
import { body, KEY, SLOT } from "./scene.ts";

/** Beyond the guard and the body there is nothing here: to get there is an INTERNAL failure. */
const handler = createHandler({ isKey: createGuard(["sb_secret_a", "b"]) } as Parts);

async function ask(method: string, headers: Record<string, string>, text?: string) {
  const request = new Request("http://localhost/run-integration", { method, headers, body: text });
  const response = await handler(request);
  const answer = await response.text();

  return { status: response.status, code: answer && JSON.parse(answer).error.code };
}

// ---- Keys ----

Deno.test("the guard knows each of its keys and no other", () => {
  const isKey = createGuard(["sb_secret_a", "b"]);

  assert.ok(isKey("sb_secret_a") && isKey("b"));
  for (const key of ["", "a", "sb_secret_", "sb_secret_aa", "B", "sb_secret_a\u0000"]) {
    assert.ok(!isKey(key), key);
  }
  assert.ok(!createGuard([])(""));
});

Deno.test("a key is shown as apikey, or else as Bearer", () => {
  const shown = (headers: Record<string, string>) => shownKey(new Headers(headers));

  assert.equal(shown({ apikey: "a", Authorization: "Bearer b" }), "a");
  assert.equal(shown({ Authorization: "Bearer b" }), "b");
  assert.equal(shown({ Authorization: "bearer  b" }), "b");
  assert.equal(shown({ Authorization: "Basic b" }), undefined);
  assert.equal(shown({ Authorization: "Bearer b c" }), undefined);
  assert.equal(shown({}), undefined);
});

Deno.test("who shows no key, or a wrong one, is turned away, whatever the body", async () => {
  const refusal = { status: 401, code: "UNAUTHORIZED" };

  assert.deepEqual(await ask("POST", {}, "{}"), refusal);
  assert.deepEqual(await ask("POST", { apikey: "wrong" }, "{}"), refusal);
  assert.deepEqual(await ask("POST", { apikey: "" }, "{}"), refusal);
  assert.deepEqual(await ask("POST", { apikey: "wrong", Authorization: "Bearer b" }), refusal);
});

Deno.test("OPTIONS needs no key, and refuses a wrong one", async () => {
  assert.deepEqual(await ask("OPTIONS", {}), { status: 204, code: "" });
  assert.deepEqual(await ask("OPTIONS", { apikey: "b" }), { status: 204, code: "" });
  assert.equal((await ask("OPTIONS", { apikey: "wrong" })).status, 401);
});

Deno.test("no other method does anything", async () => {
  for (const method of ["PUT", "PATCH", "DELETE"]) {
    assert.deepEqual(await ask(method, { apikey: "b" }), {
      status: 405,
      code: "METHOD_NOT_ALLOWED",
    });
  }
});

Deno.test("GET needs a key, and the key that it asks about", async () => {
  assert.equal((await ask("GET", {})).status, 401);
  assert.equal((await ask("GET", { "Idempotency-Key": KEY })).status, 401);
  assert.deepEqual(await ask("GET", { apikey: "b" }), { status: 400, code: "INVALID_REQUEST" });
});

// ---- Bodies ----

Deno.test("what nobody foresaw is INTERNAL, without its words", async () => {
  const answer = await ask("POST", { apikey: "b" }, JSON.stringify(body()));

  assert.deepEqual(answer, { status: 500, code: "INTERNAL" });
});

Deno.test("a body of more than 4 KiB is refused, also in pieces", async () => {
  const large = JSON.stringify({ ...body(), more: "x".repeat(4096) });

  assert.deepEqual(await ask("POST", { apikey: "b" }, large), {
    status: 413,
    code: "REQUEST_TOO_LARGE",
  });
  const endless = ReadableStream.from(Array(100).fill(new Uint8Array(100)));
  assert.equal((await readBytes(endless, 4096)).isCut, true);
});

Deno.test("text is put together across pieces", async () => {
  const bytes = new TextEncoder().encode("Blåbær");
  const stream = ReadableStream.from(Array.from(bytes, (byte) => new Uint8Array([byte])));

  assert.deepEqual(await readBytes(stream, bytes.length), { text: "Blåbær", isCut: false });
});

async function check(text: string, headers: Record<string, string> = {}): Promise<string> {
  const request = new Request("http://localhost/", { method: "POST", body: text, headers });

  try {
    return (await readRequest(request)).idempotencyKey;
  } catch (error) {
    assert.ok(error instanceof Failure && error.status === 400, String(error));
    return error.message;
  }
}

Deno.test("what the program sends is taken, and what later versions add", async () => {
  const text = JSON.stringify({ ...body(), more: 1 });

  assert.equal(await check(text), KEY);
  assert.equal(await check(text, { "Idempotency-Key": KEY }), KEY);
});

Deno.test("what is no JSON object is refused", async () => {
  for (const text of ["", "{", "null", "1", '"text"']) {
    assert.equal(await check(text), "the body is not a JSON object", text);
  }
});

Deno.test("each field is checked, and named", async () => {
  const wrong: Record<string, unknown[]> = {
    runId: [undefined, 1, "", "00000000-0000-4000-8000-00000000000"],
    orgId: [undefined, null, "00000000-0000-4000-8000-00000000000A", "' OR 1=1"],
    integrationId: [undefined, [], {}],
    integrationType: [undefined, "", "Xledger", "other"],
    scheduledFor: [
      undefined,
      1,
      "2024-05-02",
      "2024-05-02T02:00Z",
      "2024-05-02T02:00:01Z",
      "2024-02-30T02:00:00Z",
      "2024-05-02T24:00:00Z",
      "2024-05-02T02:00:00+00:00",
    ],
    periodStart: [undefined, "", "now", 0, "2024-05-01"],
    attempt: [undefined, 0, 1.5, "1", true],
    idempotencyKey: [undefined, 1],
  };

  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const told = await check(JSON.stringify({ ...body(), [name]: value }));
      assert.equal(told, `${name} is missing or not valid`, String(value));
    }
  }
});

Deno.test("fields that contradict each other are refused", async () => {
  const other = { ...body(), periodStart: SLOT };
  const stray = { ...body(), idempotencyKey: KEY.replace(SLOT, "2024-05-03T02:00:00Z") };

  assert.equal(await check(JSON.stringify(other)), "periodStart is not before scheduledFor");
  assert.match(await check(JSON.stringify(stray)), /^idempotencyKey is not/);
  assert.match(await check(JSON.stringify(body()), { "Idempotency-Key": "k" }), /^the header/);
});

// ---- Settings ----

Deno.test("all of a project's secret keys count, and the legacy one", () => {
  const settings = readSettings((name) => ({
    SUPABASE_DB_URL: "postgres://",
    SUPABASE_SECRET_KEYS: '{"default":"sb_secret_a","tick":"sb_secret_b"}',
    SUPABASE_SERVICE_ROLE_KEY: "legacy",
  }[name]));

  assert.deepEqual(settings.keys, ["sb_secret_a", "sb_secret_b", "legacy"]);
  assert.equal(settings.targetUrl, undefined);
  assert.equal(settings.targetTimeoutS, 100);
  assert.deepEqual(settings.acceptTypes, []);
  assert.equal(settings.acceptedTimeoutS, 300);
  assert.equal(settings.leaseS, 420);
});

Deno.test("settings that make no sense are told without their values", () => {
  const read = (more: Record<string, string>) =>
    readSettings((name) => ({ SUPABASE_DB_URL: "postgres://", ...more }[name]));

  assert.throws(() => readSettings(() => undefined), /^Error: SUPABASE_DB_URL is not set$/);
  for (const keys of ["sb_secret_a", '"sb_secret_a"', "null", "1"]) {
    assert.throws(
      () => read({ SUPABASE_SECRET_KEYS: keys }),
      /^Error: SUPABASE_SECRET_KEYS is not a JSON object$/,
    );
  }
  assert.deepEqual(read({ ACCEPT_TYPES: " dynamics, bufdir" }).acceptTypes, ["dynamics", "bufdir"]);
  assert.throws(() => read({ ACCEPT_TYPES: "dynamic" }), /^Error: ACCEPT_TYPES is not a list/);
  assert.throws(() => read({ LEASE_S: "soon" }), /^Error: LEASE_S is not a number of seconds$/);
  assert.throws(() => read({ TARGET_TIMEOUT_S: "0" }), /TARGET_TIMEOUT_S/);
});
