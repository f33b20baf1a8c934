// The protocol. Its order makes it safe. The key and its records are claimed and committed before
// anything is sent. An attempt that follows one with an unknown end asks the target system before
// it sends the same records again.

import { Failure } from "./failure.ts";
import type { Claim, Ledger } from "./ledger.ts";
import type { ExportRequest } from "./request.ts";
import { Doubt, Refusal, type Target } from "./target.ts";

export interface ExportResult {
  recordsExported: number;
  replayed: boolean; // an earlier attempt did it
}

export async function exportOnce(
  asked: ExportRequest,
  ledger: Ledger,
  target: Target,
): Promise<ExportResult> {
  const claim = await ledger.claim(asked);

  switch (claim.state) {
    case "completed":
      return { recordsExported: claim.recordsExported, replayed: true };
    case "held":
      throw new Failure(
        409,
        "IN_PROGRESS",
        `another attempt at this slot may be running, until ${claim.until}`,
      );
    case "mine":
      return await exportClaimed(asked, claim, ledger, target);
  }
}

async function exportClaimed(
  asked: ExportRequest,
  claim: Claim,
  ledger: Ledger,
  target: Target,
): Promise<ExportResult> {
  const recordsExported = claim.records.length;
  let replayed = false;

  try {
    if (recordsExported > 0) {
      replayed = claim.isInDoubt && await target.has(asked);
      if (!replayed) await target.exportRecords(asked, claim.records);
    }
    await ledger.complete(asked, claim);
  } catch (error) {
    if (!(error instanceof Refusal)) throw unknown(error, claim);
    await ledger.release(asked, claim);
    throw new Failure(424, "TARGET_REFUSED", error.message);
  }
  return { recordsExported, replayed };
}

/** The key stays held until the lease is over. Until then nobody asks, and nobody sends. */
function unknown(cause: unknown, claim: Claim): Failure {
  const why = cause instanceof Doubt ? cause.message : "the ledger could not be written";
  const message = `whether the records were exported is not known, and the next attempt after ` +
    `${claim.until} asks for them first: ${why}`;

  return new Failure(502, "EXPORT_UNKNOWN", message, { cause });
}
