// npm run demo              the shop on events, until Ctrl-C
// npm run demo -- --check   unattended: breaks and heals both shops, and reports what held
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runChecks } from "../examples/shop/demo/run-checks.ts";
import { runDemo } from "../examples/shop/demo/run-demo.ts";

const root = join(import.meta.dirname, "..");

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());

process.exitCode = values.check
  ? await check()
  : await runDemo({ dataDir: join(root, "data", demoFolder()), signal: stop.signal, output: process.stdout });

/** A second demo, on other ports, has its own data. */
function demoFolder(): string {
  const port = process.env["SHOP_ORDERS_PORT"];
  return port === undefined ? "demo" : `demo-${port}`;
}

async function check(): Promise<number> {
  // The shop's processes end with this one.
  stop.signal.addEventListener("abort", () => process.exit(130));
  const startedAt = performance.now();
  const progress = (text: string): void =>
    console.log(`${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${text}`);
  // A folder of its own, so that several may run at once; what a failed run leaves there tells why.
  const dataDir = join(root, "data", `demo-check-${process.pid}`);
  const checks = await runChecks({ dataDir, progress });
  for (const { name, ok } of checks) progress(`${ok ? "held  " : "FAILED"}  ${name}`);
  const ok = checks.every((each) => each.ok);
  if (ok) rmSync(dataDir, { recursive: true, force: true });
  else progress(`databases and logs are in ${dataDir}`);
  console.log(JSON.stringify({ ok, checks }));
  return ok ? 0 : 1;
}
