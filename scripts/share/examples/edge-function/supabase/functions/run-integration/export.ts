// The protocol. Its order makes it safe. The key and its records are claimed and committed before
// anything is sent. An attempt that follows one with an unknown end asks the target system before
// it sends the same records again.

import { Failure } from "./failure.ts";
import type { Claim, KeyState, Ledger } from "./ledger.ts";
import type { ExportRequest } from "./request.ts";
import { Doubt, Refusal, type Target } from "./target.ts";

export interface ExportResult {
  recordsExported: number;
  replayed: boolean; // an earlier attempt did it
}

export class Exporter {
  constructor(readonly ledger: Ledger, readonly target: Target) {}

  /** Claims the key, or says what an earlier attempt exported. Throws a Failure while it is held. */
  async begin(asked: ExportRequest): Promise<Claim | ExportResult> {
    // The period takes over slots whose attempts failed, and with them the records that they held.
    for (const key of await this.ledger.unsettled(asked)) {
      const state = await this.settle(key);
      if (state.state === "held") throw inProgress(state.leftS);
    }
    const claim = await this.ledger.claim(asked);

    switch (claim.state) {
      case "mine":
        return claim;
      case "completed":
        return { recordsExported: claim.recordsExported, replayed: true };
      case "held":
        throw inProgress(claim.leftS);
      case "absent": // it was released in this very moment
        throw inProgress(1);
    }
  }

  /** Exports what the claim holds. Every error is a Failure that says what is known. */
  async export(asked: ExportRequest, claim: Claim, timeoutS: number): Promise<ExportResult> {
    const recordsExported = claim.records.length;
    let replayed = false;

    try {
      if (recordsExported > 0) {
        replayed = claim.isInDoubt && await this.target.has(claim.key);
        if (!replayed) await this.target.exportRecords(asked, claim.records, timeoutS);
      }
      await this.ledger.complete(claim);
    } catch (error) {
      if (!(error instanceof Refusal)) throw unknown(error, claim);
      await this.ledger.release(claim);
      throw new Failure(424, "TARGET_REFUSED", error.message);
    }
    return { recordsExported, replayed };
  }

  /** What became of a key. If its holder is dead, the target system says it, and the ledger learns. */
  async settle(key: string): Promise<KeyState> {
    const claim = await this.ledger.claimDead(key);

    if (claim.state !== "mine") return claim;
    try {
      if (await this.target.has(key)) {
        await this.ledger.complete(claim);
        return { state: "completed", recordsExported: claim.records.length };
      }
      await this.ledger.release(claim);
      return { state: "absent" };
    } catch (error) {
      console.error(JSON.stringify({ code: "EXPORT_UNKNOWN", message: String(error) }));
      return { state: "held", leftS: this.ledger.leaseS };
    }
  }
}

function inProgress(leftS: number): Failure {
  const message = `another attempt may be running, for ${leftS} s at most`;

  return new Failure(409, "IN_PROGRESS", message, { retryAfterS: leftS });
}

/** The key stays held until the lease is over. Until then nobody asks, and nobody sends. */
function unknown(cause: unknown, claim: Claim): Failure {
  const why = cause instanceof Doubt ? cause.message : "the ledger could not be written";
  const message = `whether the records were exported is not known, and the next attempt after ` +
    `${claim.until} asks for them first: ${why}`;

  return new Failure(502, "EXPORT_UNKNOWN", message, { cause });
}
