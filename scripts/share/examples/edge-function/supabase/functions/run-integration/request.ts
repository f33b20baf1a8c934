// What syncsched sends, with every field checked: a valid key does not make a body valid.

import { Failure } from "./failure.ts";

export interface ExportRequest {
  runId: string;
  orgId: string;
  integrationId: string;
  integrationType: string;
  periodStart: string | null; // export what lies after this (null: from the first record),
  scheduledFor: string; // up to and including this: the slot
  attempt: number;
  idempotencyKey: string; // the same for every attempt at this slot
}

const BYTES_MAX = 4096;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
// What SYNCSCHED_TYPES adds for the scheduler belongs here, too.
export const TYPES = ["xledger", "dynamics", "bufdir"];

export async function readRequest(request: Request): Promise<ExportRequest> {
  const bytes = await readBytes(request.body, BYTES_MAX);

  if (bytes.isCut) {
    throw new Failure(413, "REQUEST_TOO_LARGE", "the body is too large");
  }
  const body = checkRequest(parse(bytes.text));
  const header = request.headers.get("Idempotency-Key");
  if (header !== null && header !== body.idempotencyKey) {
    throw invalid("the header Idempotency-Key is not the body's key");
  }
  return body;
}

/** At most bytesMax of a stream, as text. The rest is left unread. */
export async function readBytes(
  stream: ReadableStream<Uint8Array> | null,
  bytesMax: number,
): Promise<{ text: string; isCut: boolean }> {
  const decoder = new TextDecoder();
  let left = bytesMax;
  let text = "";

  for await (const chunk of stream ?? []) {
    text += decoder.decode(chunk.subarray(0, left), { stream: true });
    left -= chunk.length;
    if (left < 0) return { text, isCut: true };
  }
  return { text: text + decoder.decode(), isCut: false };
}

function parse(text: string): Record<string, unknown> {
  try {
    const body = JSON.parse(text);
    if (typeof body === "object" && body !== null) return body;
  } catch {
    // The same to the caller as JSON of another kind.
  }
  throw invalid("the body is not a JSON object");
}

export function checkRequest(body: Record<string, unknown>): ExportRequest {
  const checked = {
    runId: take(body, "runId", isUuid),
    orgId: take(body, "orgId", isUuid),
    integrationId: take(body, "integrationId", isUuid),
    integrationType: take(body, "integrationType", isType),
    periodStart: take(body, "periodStart", isPeriodStart),
    scheduledFor: take(body, "scheduledFor", isSlot),
    attempt: take(body, "attempt", isAttempt),
    idempotencyKey: take(body, "idempotencyKey", isText),
  };
  const { orgId, integrationId, periodStart, scheduledFor } = checked;

  if (periodStart !== null && periodStart >= scheduledFor) {
    throw invalid("periodStart is not before scheduledFor");
  }
  if (checked.idempotencyKey !== `${orgId}/${integrationId}/${scheduledFor}`) {
    throw invalid("idempotencyKey is not orgId/integrationId/scheduledFor");
  }
  return checked;
}

function take<T>(
  body: Record<string, unknown>,
  name: string,
  isRight: (value: unknown) => value is T,
): T {
  const value = body[name];

  if (!isRight(value)) throw invalid(`${name} is missing or not valid`);
  return value;
}

/** The key of GET, which asks what became of an export. */
export function readKey(request: Request): string {
  const key = request.headers.get("Idempotency-Key");

  if (!key) throw invalid("the header Idempotency-Key is missing");
  return key;
}

const isText = (value: unknown): value is string => typeof value === "string";
const isUuid = (value: unknown): value is string => isText(value) && UUID.test(value);
const isType = (value: unknown): value is string => isText(value) && TYPES.includes(value);
const isAttempt = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 1;
const isPeriodStart = (value: unknown): value is string | null => value === null || isSlot(value);

/** A whole minute, in the one form in which syncsched writes it. */
function isSlot(value: unknown): value is string {
  if (!isText(value) || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:00Z$/.test(value)) return false;
  const ms = Date.parse(value);
  return !Number.isNaN(ms) && // and not 30 February
    new Date(ms).toISOString() === value.replace("Z", ".000Z");
}

function invalid(message: string): Failure {
  return new Failure(400, "INVALID_REQUEST", message);
}
