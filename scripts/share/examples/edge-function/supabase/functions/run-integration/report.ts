// The report after a 202. Until it comes, syncsched knows only that the work was accepted. Without
// one it abandons the run after 30 minutes, and then the log says that its end is unknown.

import type { Database } from "./database.ts";
import type { ExportResult } from "./export.ts";
import { Failure, toFailure } from "./failure.ts";

const WAIT_S_MAX = 32; // the last of the waits 1, 2, 4, ... between the attempts to report

export class Reporter {
  constructor(readonly database: Database) {}

  /** Reports how the work ended. Never throws, since nobody is there who would catch it. */
  async report(runId: string, work: Promise<ExportResult>) {
    const end = await work.catch(toFailure);

    if (!(end instanceof Failure)) {
      await this.send(COMPLETE, [runId, end.recordsExported]);
    } else if (!end.isUnknown) { // silence leaves it unknown
      await this.send(FAIL, [runId, end.code, end.message]);
    }
  }

  private async send(statement: string, values: unknown[]) {
    for (let waitS = 1;; waitS *= 2) {
      try {
        await this.database.transaction((connection) => connection.query(statement, values));
        return;
      } catch (error) {
        console.error(JSON.stringify({ code: "REPORT_FAILED", message: String(error) }));
      }
      if (waitS > WAIT_S_MAX) return;
      await new Promise((resolve) => setTimeout(resolve, 1000 * waitS));
    }
  }
}

const COMPLETE = "SELECT sync_run_complete($1, $2)";
const FAIL = "SELECT sync_run_fail($1, $2, $3)";
