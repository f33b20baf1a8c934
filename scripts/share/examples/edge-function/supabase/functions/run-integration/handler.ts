// From a request to a response: who may call, what is asked, what is answered.

import type { Exporter } from "./export.ts";
import { Failure, toFailure } from "./failure.ts";
import { type Guard, shownKey } from "./guard.ts";
import type { Reporter } from "./report.ts";
import { readKey, readRequest } from "./request.ts";
import type { Settings } from "./settings.ts";

export interface Parts {
  isKey: Guard;
  exporter: Exporter;
  reporter: Reporter;
  settings: Settings;
}

// The platform keeps a worker alive until this promise is settled, but no longer than 400 s.
declare const EdgeRuntime: { waitUntil(work: Promise<void>): void };

export function createHandler(parts: Parts) {
  return async (request: Request): Promise<Response> => {
    try {
      return await respond(request, parts);
    } catch (error) {
      return toFailure(error).toResponse();
    }
  };
}

async function respond(request: Request, parts: Parts): Promise<Response> {
  const key = shownKey(request.headers);

  if (!["POST", "GET", "OPTIONS"].includes(request.method)) {
    throw new Failure(405, "METHOD_NOT_ALLOWED", "only POST exports");
  }
  // OPTIONS is how `syncsched run --warm-up` wakes the function up, without a key, and how
  // `syncsched doctor` has the key checked.
  const mayLackKey = request.method === "OPTIONS";
  if (key === undefined ? !mayLackKey : !parts.isKey(key)) {
    throw new Failure(401, "UNAUTHORIZED", "a secret key of the project is needed");
  }
  switch (request.method) {
    case "OPTIONS":
      return new Response(null, { status: 204 });
    case "GET": {
      const asked = readKey(request);
      return Response.json(await parts.exporter.settle(asked));
    }
    default:
      return await respondToPost(request, parts);
  }
}

async function respondToPost(request: Request, parts: Parts): Promise<Response> {
  const { exporter, reporter, settings } = parts;
  const asked = await readRequest(request);
  const claim = await exporter.begin(asked);

  if ("replayed" in claim) return Response.json(claim);
  if (!settings.acceptTypes.includes(asked.integrationType)) {
    return Response.json(await exporter.export(asked, claim, settings.targetTimeoutS));
  }
  const work = exporter.export(asked, claim, settings.acceptedTimeoutS);
  EdgeRuntime.waitUntil(reporter.report(asked.runId, work));
  return Response.json({ state: "accepted" }, { status: 202 });
}
