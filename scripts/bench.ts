// Measures Throughline against code written by hand, in the same run: npm run bench
//   npm run bench -- embedded append      rows whose name contains one of these words
//   npm run bench -- --rounds 9           how often each row is measured; the median counts (default 5)
//   npm run bench -- --events 10000       how many events one measurement works on, instead of each row's own number
//   npm run bench -- --json               the results as JSON, as the last line
//   npm run bench -- --strict             exit code 1 when a goal is missed: for a machine that does nothing else
import { parseArgs } from "node:util";
import { measureRow, type RowResult } from "../bench/measure-row.ts";
import { resultsTable } from "../bench/results-table.ts";
import { rows as allRows } from "../bench/rows/index.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    events: { type: "string" },
  },
});

const rows = allRows.filter(({ name }) => positionals.length === 0 || positionals.some((word) => name.includes(word)));
if (rows.length === 0)
  fail(`no row's name contains ${positionals.join(" or ")}; there are ${allRows.map(({ name }) => name).join(", ")}`);
const rounds = wholeNumber("--rounds", values.rounds);
const events = values.events === undefined ? undefined : wholeNumber("--events", values.events);

const results: RowResult[] = [];
for (const row of rows) {
  console.error(`measuring ${row.name} …`);
  results.push(await measureRow(row, { rounds, events }));
}
console.log(resultsTable(results));
if (values.json) console.log(JSON.stringify({ rows: results }));
if (values.strict && results.some(({ ok }) => !ok)) process.exitCode = 1;

function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) fail(`${option} must be a whole number of at least 1, not "${text}"`);
  return number;
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
