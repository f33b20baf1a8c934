// What a failure answers. syncsched derives from the status what may be done next, and keeps code
// and message in sync_run_log:
//
//   502       unknown: the records may have been exported, ask before you send them again
//   any other rejected: they were not
//
// The platform itself answers 401, 404, 429 and 503, too. So of these the function uses only 401,
// with the same meaning.

export class Failure extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly options: ErrorOptions & { retryAfterS?: number } = {},
  ) {
    super(message, options);
  }

  get isUnknown(): boolean {
    return this.status === 502;
  }

  toResponse(): Response {
    const error = { code: this.code, message: this.message };
    const { retryAfterS } = this.options;
    const headers = retryAfterS ? { "Retry-After": String(retryAfterS) } : undefined;

    return Response.json({ error }, { status: this.status, headers });
  }
}

/** The log has the cause. The caller gets only what is meant for callers. */
export function toFailure(error: unknown): Failure {
  const failure = error instanceof Failure ? error : internal(error);
  const { code, message, cause } = failure;

  console.error(JSON.stringify({ code, message, cause: cause && String(cause) }));
  return failure;
}

/** Nothing has been sent: export.ts itself throws a Failure for what goes wrong later. */
function internal(cause: unknown): Failure {
  const message = "nothing was exported: see the log of the function";

  return new Failure(500, "INTERNAL", message, { cause });
}
