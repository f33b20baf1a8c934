// The settings, from the secrets. Those that start with SUPABASE_ are set by default.

import { TYPES } from "./request.ts";

export interface Settings {
  databaseUrl: string;
  keys: string[];
  targetUrl?: string;
  targetToken?: string;
  targetTimeoutS: number;
  acceptTypes: string[]; // their exports take minutes: answered with 202, and reported later
  acceptedTimeoutS: number;
  leaseS: number;
}

// The platform cuts a response off after 150 s (504). This is less, so that the function can answer.
const TARGET_TIMEOUT_S = 100;

// After a 202 only the life of the worker is a limit: 400 s, or 150 s in a free project. This leaves
// time for the report.
const ACCEPTED_TIMEOUT_S = 300;

// It ends a worker after 400 s at the latest: whoever held a key for longer is surely dead.
const LEASE_S = 420;

type Get = (name: string) => string | undefined;

export function readSettings(get: Get): Settings {
  const databaseUrl = get("SUPABASE_DB_URL");

  if (!databaseUrl) throw new Error("SUPABASE_DB_URL is not set");
  return {
    databaseUrl,
    keys: readKeys(get),
    targetUrl: get("TARGET_URL") || undefined,
    targetToken: get("TARGET_TOKEN") || undefined,
    targetTimeoutS: readSeconds(get, "TARGET_TIMEOUT_S", TARGET_TIMEOUT_S),
    acceptTypes: readTypes(get, "ACCEPT_TYPES"),
    acceptedTimeoutS: readSeconds(get, "ACCEPTED_TIMEOUT_S", ACCEPTED_TIMEOUT_S),
    leaseS: readSeconds(get, "LEASE_S", LEASE_S),
  };
}

/** The project's secret keys, and the legacy one of the service role. */
function readKeys(get: Get): string[] {
  return [
    ...readNamedKeys(get("SUPABASE_SECRET_KEYS")),
    get("SUPABASE_SECRET_KEY"),
    get("SUPABASE_SERVICE_ROLE_KEY"),
  ].filter((key): key is string => typeof key === "string" && key !== "");
}

/** {"default":"sb_secret_..."}. An error does not show what is in it. */
function readNamedKeys(json: string | undefined): unknown[] {
  if (!json) return [];
  try {
    const keys = JSON.parse(json);
    if (typeof keys === "object" && keys !== null) return Object.values(keys);
  } catch {
    // The same as JSON of another kind. The error of JSON.parse() would show its characters.
  }
  throw new Error("SUPABASE_SECRET_KEYS is not a JSON object");
}

/** "dynamics,bufdir" */
function readTypes(get: Get, name: string): string[] {
  const types = (get(name) ?? "").split(",").map((type) => type.trim()).filter(Boolean);

  if (!types.every((type) => TYPES.includes(type))) {
    throw new Error(`${name} is not a list of integration types`);
  }
  return types;
}

function readSeconds(get: Get, name: string, byDefault: number): number {
  const text = get(name);
  const seconds = text ? Number(text) : byDefault;

  if (!(seconds > 0)) throw new Error(`${name} is not a number of seconds`);
  return seconds;
}
