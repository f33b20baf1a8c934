// From a request to a response: who may call, what is asked, what is answered.

import { exportOnce } from "./export.ts";
import { Failure } from "./failure.ts";
import { type Guard, shownKey } from "./guard.ts";
import type { Ledger } from "./ledger.ts";
import { readRequest } from "./request.ts";
import type { Target } from "./target.ts";

export interface Parts {
  isKey: Guard;
  ledger: Ledger;
  target: Target;
}

export function createHandler(parts: Parts) {
  return async (request: Request): Promise<Response> => {
    try {
      return await respond(request, parts);
    } catch (error) {
      return fail(error);
    }
  };
}

async function respond(request: Request, parts: Parts): Promise<Response> {
  const key = shownKey(request.headers);

  if (request.method !== "POST" && request.method !== "OPTIONS") {
    throw new Failure(405, "METHOD_NOT_ALLOWED", "only POST exports");
  }
  // OPTIONS is how `syncsched run --warm-up` wakes the function up, without a key, and how
  // `syncsched doctor` has the key checked.
  const mayLackKey = request.method === "OPTIONS";
  if (key === undefined ? !mayLackKey : !parts.isKey(key)) {
    throw new Failure(401, "UNAUTHORIZED", "a secret key of the project is needed");
  }
  if (request.method === "OPTIONS") return new Response(null, { status: 204 });

  const asked = await readRequest(request);
  return Response.json(await exportOnce(asked, parts.ledger, parts.target));
}

/** The log has the cause. The caller gets only what is meant for callers. */
function fail(error: unknown): Response {
  const failure = error instanceof Failure ? error : internal(error);
  const { code, message, cause } = failure;

  console.error(JSON.stringify({ code, message, cause: cause && String(cause) }));
  return failure.toResponse();
}

/** Nothing has been sent: export.ts itself throws a Failure for what goes wrong later. */
function internal(cause: unknown): Failure {
  const message = "nothing was exported: see the log of the function";

  return new Failure(500, "INTERNAL", message, { cause });
}
