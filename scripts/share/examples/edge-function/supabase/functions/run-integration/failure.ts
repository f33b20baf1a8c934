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
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  toResponse(): Response {
    const error = { code: this.code, message: this.message };
    return Response.json({ error }, { status: this.status });
  }
}
