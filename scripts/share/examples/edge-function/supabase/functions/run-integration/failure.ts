// How a failure is told. syncsched reads the status for what may be done next, and keeps code and
// message in sync_run_log:
//
//   502       unknown: the records may have been exported, ask before you send them again
//   any other rejected: they were not
//
// 401, 404, 429 and 503 are the platform's, too, so of these only 401 is used here, where it means
// the same.

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
