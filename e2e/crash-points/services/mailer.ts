// Sends a mail for each closed order, by a provider that keeps one for each key.
import { createService, runUntilSignal } from "throughline";
import { OrderClosed } from "./contracts.ts";
import { crashService } from "./crash-service.ts";
import { openProvider } from "./provider.ts";

const mailer = createService(
  crashService(
    "mailer",
    "CREATE TABLE IF NOT EXISTS mails (mail INTEGER PRIMARY KEY, order_id TEXT NOT NULL, key TEXT NOT NULL)",
  ),
);
const provider = openProvider();

mailer.on(
  OrderClosed,
  "send-mail",
  {
    async call(_event, { idempotencyKey }) {
      await provider.send(idempotencyKey);
      return idempotencyKey;
    },
    async commit(key, { data }, ctx) {
      await ctx.tx.run("INSERT INTO mails (order_id, key) VALUES (?, ?)", data.order_id, key);
    },
  },
  { replay: "run" },
);

process.exitCode = await runUntilSignal(mailer);
