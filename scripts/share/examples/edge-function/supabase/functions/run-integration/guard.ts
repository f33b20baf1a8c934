// Who may call: whoever shows a secret key of the project. The platform does not check it
// (verify_jwt = false), so nothing may happen before this does.

import { createHash, timingSafeEqual } from "node:crypto";

export type Guard = (key: string) => boolean;

/**
 * Tells the project's keys from all others. Digests have one length, and are compared in a time
 * that does not tell how much of a guess was right. Without any key nobody may call.
 */
export function createGuard(keys: string[]): Guard {
  const digests = keys.map(digest);

  return (key) => {
    const shown = digest(key);
    return digests.map((known) => timingSafeEqual(known, shown)).includes(true);
  };
}

function digest(text: string) {
  return createHash("sha256").update(text).digest();
}

/** The key that a request shows: a secret one as `apikey`, a legacy one as Bearer, too. */
export function shownKey(headers: Headers): string | undefined {
  return headers.get("apikey") ??
    headers.get("Authorization")?.match(/^Bearer +(\S+)$/i)?.[1];
}
