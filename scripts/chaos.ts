// npm run chaos                        200,000 orders while brokers, PostgreSQL and services die, and what was found
// npm run chaos -- --orders 3000 --minutes 2 --seed 7 --json
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runChaos } from "../e2e/chaos/chaos-run.ts";

const usage = `npm run chaos -- [options]

Three brokers (replication 3, min in-sync 2), PostgreSQL, and six services with two instances each. While orders go through them:
kill -9 of an instance every second, and at crash points; kill -9 of a broker every 30 s; PostgreSQL killed twice; instances
stopped (SIGSTOP) past their sessions, also inside a transaction; rolling restarts. No event is hit more than twice in a row. Then
databases and topics are compared with what was placed.

  --orders N     how many orders (200000)
  --minutes M    how long orders are placed and blows fall at most; what is left is then brought to its end (12)
  --hits N       deaths at each crash point at least (50)
  --seed N       repeats a schedule: what is struck, and when
  --json         the report as JSON, as the last line
  --help         this

The exit code is 0 when everything held.`;

const { values } = parseArgs({
  options: {
    orders: { type: "string", default: "200000" },
    minutes: { type: "string", default: "12" },
    hits: { type: "string", default: "50" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const [orders, minutes, hitsEach, seed] = [values.orders, values.minutes, values.hits, values.seed].map(Number) as [
  number,
  number,
  number,
  number,
];
if (values.help || ![orders, minutes, hitsEach, seed].every(Number.isFinite)) {
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));

const folder = mkdtempSync(join(tmpdir(), "throughline-chaos-"));
console.log(`seed ${seed}`);
const report = await runChaos({
  folder,
  orders,
  placeForMs: minutes * 60_000,
  seed,
  hitsEach,
  print: (line) => console.log(line),
});
for (const { name, ok, found, wrong } of report.checks)
  console.log(`${ok ? "held  " : "FAILED"}  ${name}: ${found}${wrong.map((each) => `\n          ${each}`).join("")}`);
console.log(`${report.orders} orders in ${report.seconds} s (${report.ordersPerSecond}/s); ${report.lives} processes`);
console.log(
  Object.entries({ ...report.blows, ...report.hits })
    .flat()
    .join(" "),
);
if (report.ok) rmSync(folder, { recursive: true, force: true });
else console.log(`logs are in ${folder}`);
if (values.json) console.log(JSON.stringify(report));
process.exit(report.ok ? 0 : 1);
