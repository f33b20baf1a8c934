// The Edge Function that syncsched calls: it exports the records of one slot of one integration,
// once, however often it is called for it. What is yours to change is in target.ts.

import { Database } from "./database.ts";
import { Exporter } from "./export.ts";
import { createGuard } from "./guard.ts";
import { createHandler } from "./handler.ts";
import { Ledger } from "./ledger.ts";
import { Reporter } from "./report.ts";
import { readSettings } from "./settings.ts";
import { Target } from "./target.ts";

const settings = readSettings((name) => Deno.env.get(name));
const database = new Database(settings.databaseUrl);

Deno.serve(createHandler({
  isKey: createGuard(settings.keys),
  exporter: new Exporter(new Ledger(database, settings.leaseS), new Target(settings)),
  reporter: new Reporter(database),
  settings,
}));
