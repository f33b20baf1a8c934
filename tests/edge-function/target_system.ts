// An external system on loopback: takes batches of records by POST and tells by GET which keys it
// has. Unlike a good one it takes whatever it is sent, however often: the tests count.

export interface Batch {
  key: string;
  periodStart: string | null;
  scheduledFor: string;
  records: { n: number }[];
}

/** What the next POST meets; afterwards all is well again. */
export type Mood =
  | "takes"
  | "refuses" // 422, and says why
  | "fails" // 503, without having taken anything
  | "takes and hangs" // has the batch, and does not answer until it is told to
  | "hangs"; // does not even have it

const TOKEN = "target-token-7f3a";

export class TargetSystem {
  readonly batches: Batch[] = [];
  readonly token = TOKEN;
  posts = 0;
  asks = 0;
  isDown = false;
  mood: Mood = "takes";
  private readonly server: Deno.HttpServer<Deno.NetAddr>;
  private readonly hanging: (() => void)[] = [];
  private reached = Promise.withResolvers<void>();

  constructor() {
    this.server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      return this.respond(request);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.server.addr.port}/batches`;
  }

  /** Waits until a POST hangs. */
  async untilItHangs(): Promise<void> {
    const late = setTimeout(
      () => this.reached.reject(new Error("no POST in five minutes")),
      300000,
    );

    await this.reached.promise;
    clearTimeout(late);
    this.reached = Promise.withResolvers<void>();
  }

  /** Lets those that hang be answered; or so many, the first ones first. */
  release(count = this.hanging.length) {
    for (const answer of this.hanging.splice(0, count)) answer();
  }

  /** The numbers of all records that it was ever sent, in order. */
  get numbers(): number[] {
    return this.batches.flatMap((batch) => batch.records.map((record) => record.n)).toSorted(
      (a, b) => a - b,
    );
  }

  async close() {
    this.release();
    await this.server.shutdown();
  }

  private async respond(request: Request): Promise<Response> {
    if (request.headers.get("Authorization") !== `Bearer ${TOKEN}`) {
      return new Response(null, { status: 401 });
    }
    return request.method === "GET" ? this.tell(request) : await this.take(request);
  }

  private tell(request: Request): Response {
    const key = decodeURIComponent(new URL(request.url).pathname.replace("/batches/", ""));
    const isThere = this.batches.some((batch) => batch.key === key);

    this.asks++;
    return new Response(null, { status: this.isDown ? 503 : isThere ? 200 : 404 });
  }

  private async take(request: Request): Promise<Response> {
    const batch = { ...await request.json(), key: request.headers.get("Idempotency-Key") };
    const mood = this.mood;

    this.posts++;
    this.mood = "takes";
    if (mood === "refuses") {
      return new Response(`customer 4711 is unknown to ${TOKEN}`, { status: 422 });
    }
    if (mood === "fails") return new Response("down for repairs", { status: 503 });
    if (mood !== "hangs") this.batches.push(batch);
    if (mood !== "takes") {
      const answer = Promise.withResolvers<void>();
      this.hanging.push(answer.resolve);
      this.reached.resolve();
      await answer.promise;
    }
    return Response.json({ ok: true });
  }
}
