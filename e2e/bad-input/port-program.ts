// A service that opens a port of its own when it has started, and does nothing about a port in use.
import { createServer } from "node:net";
import { runUntilSignal } from "throughline";
import { billingService, billingStoreIn, openLogIn } from "./shop.ts";

const folder = (process.env.THROUGHLINE_EVENTS ?? "").replace(/^sqlite:(.*)\/[^/]*$/, "$1");
const billing = billingService({ eventLog: openLogIn(folder), store: billingStoreIn(folder), log: { level: "error" } });
const server = createServer();

process.exitCode = await runUntilSignal(billing, {
  onStart: () =>
    new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(Number(process.env.PORT), "127.0.0.1", resolve);
    }),
});
