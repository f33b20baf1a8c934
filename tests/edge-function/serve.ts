// Runs the example's index.ts, unchanged, as the platform does, but on a free port of loopback that
// it prints.

const serve = Deno.serve;

Object.assign(Deno, {
  serve: (handler: Deno.ServeHandler) =>
    serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) }, handler),
});

await import("function/index.ts");
