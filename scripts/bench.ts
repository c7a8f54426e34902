// Measures Throughline against its peers, in the same run: npm run bench
//   npm run bench -- embedded lag         the rows of these names, and those whose name contains one of these words
//   npm run bench -- --rounds 9           how often each row is measured, instead of each row's own number; the median counts
//   npm run bench -- --events 10000       how many events one measurement works on, instead of each row's own number
//   npm run bench -- --only peers         only ours, or only the peers: their figures, and no table
//   npm run bench -- --json               the results as JSON, as the last line
//   npm run bench -- --strict             exit code 1 when a goal is missed: for a machine that does nothing else
import { parseArgs } from "node:util";
import { BenchServices } from "../bench/bench-services.ts";
import { conditionsText, readConditions } from "../bench/conditions.ts";
import { measureRow, measureSide, type RowResult } from "../bench/measure-row.ts";
import { resultsTable } from "../bench/results-table.ts";
import { rows as allRows } from "../bench/rows/index.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
    rounds: { type: "string" },
    events: { type: "string" },
    only: { type: "string" },
  },
});

const isChosen = (name: string, word: string): boolean =>
  allRows.some((row) => row.name === word) ? name === word : name.includes(word);
const rows = allRows.filter(({ name }) => positionals.length === 0 || positionals.some((word) => isChosen(name, word)));
if (rows.length === 0)
  fail(`no row's name contains ${positionals.join(" or ")}; there are ${allRows.map(({ name }) => name).join(", ")}`);
const options = { rounds: wholeNumber("--rounds", values.rounds), events: wholeNumber("--events", values.events) };
const conditions = readConditions();

const services = new BenchServices();
try {
  if (values.only === undefined) await compare();
  else if (values.only === "ours" || values.only === "peers") await measureOnly(values.only);
  else fail(`--only takes ours or peers, not "${values.only}"`);
} finally {
  await services.close();
}

async function compare(): Promise<void> {
  const results: RowResult[] = [];
  for (const row of rows) {
    console.error(`measuring ${row.name} …`);
    try {
      results.push(await measureRow(row, services, options));
    } catch (error) {
      console.error(`${row.name} could not be measured:`, error);
      process.exitCode = 1;
    }
  }
  const servers = await services.versions();
  console.log(resultsTable(results));
  console.log(`\n${conditionsText(conditions, servers)}`);
  if (values.json) console.log(JSON.stringify({ rows: results, conditions: { ...conditions, servers } }));
  if (values.strict && results.some(({ ok }) => !ok)) process.exitCode = 1;
}

async function measureOnly(side: "ours" | "peers"): Promise<void> {
  for (const row of rows) {
    for (const { name, figures, unit } of await measureSide(row, side, services, options))
      console.log(`${name}: ${figures.map((figure) => figure.toLocaleString("en")).join(", ")} ${unit}`);
  }
}

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) fail(`${option} must be a whole number of at least 1, not "${text}"`);
  return number;
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
