// The Edge Function that syncsched calls: it exports the records of one slot of one integration,
// once, however often it is called for it. What is yours to change is in target.ts.

import { Database } from "./database.ts";
import { createGuard } from "./guard.ts";
import { createHandler } from "./handler.ts";
import { Ledger } from "./ledger.ts";
import { readSettings } from "./settings.ts";
import { Target } from "./target.ts";

const settings = readSettings((name) => Deno.env.get(name));

Deno.serve(createHandler({
  isKey: createGuard(settings.keys),
  ledger: new Ledger(new Database(settings.databaseUrl), settings.leaseS),
  target: new Target(settings),
}));
