// Runs the example's index.ts, unchanged, as the platform does, but on a free port of loopback that
// it prints. The platform may end a worker that has answered and has no promise of waitUntil() left:
// with ENDS_WHEN_IDLE it does so at once.

const serve = Deno.serve;
const endsWhenIdle = Deno.env.get("ENDS_WHEN_IDLE") !== undefined;
let busy = 0;

async function keepAlive(work: Promise<void>) {
  busy++;
  await work.catch(() => {});
  busy--;
  if (busy === 0 && endsWhenIdle) Deno.exit();
}

Object.assign(Deno, {
  serve: (handler: Deno.ServeHandler<Deno.NetAddr>) =>
    serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) }, (
      request,
      info,
    ) => {
      keepAlive(info.completed);
      return handler(request, info);
    }),
});
Object.assign(globalThis, { EdgeRuntime: { waitUntil: keepAlive } });

await import("function/index.ts");
