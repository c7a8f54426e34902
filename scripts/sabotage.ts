// Breaks each rule of the design once in a copy of the repository; each break must turn a test red: npm run sabotage
//   npm run sabotage -- --only <name>     breaks whose name contains these words
//   npm run sabotage -- --json            the results as JSON, as the last line
import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./gate/repository.ts";
import { broken } from "./sabotage/break.ts";
import { breaks as allBreaks } from "./sabotage/breaks/index.ts";
import { copyRepository } from "./sabotage/copy-repository.ts";
import { timeUnbroken, tryBreaks } from "./sabotage/sabotage-run.ts";

/** Tests that catch a break by waiting leave the processor to the others. */
const copiesAtOnce = 2;

const { values } = parseArgs({ options: { json: { type: "boolean", default: false }, only: { type: "string" } } });
const only = values.only;
const breaks = allBreaks.filter(({ name }) => only === undefined || name.includes(only));
const started = performance.now();
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort(new Error(`ended by ${signal}`)));
// Real: on some systems the folder is a link, and test files are told by their real paths.
const folder = realpathSync(mkdtempSync(join(tmpdir(), "throughline-sabotage-")));
try {
  if (breaks.length === 0) throw new Error(`no break's name contains "${only}"`);
  const copies = Array.from({ length: copiesAtOnce }, (_, number) => join(folder, String(number)));
  for (const copy of copies) copyRepository(root, copy);
  // Before anything is run: a break that cannot be made any more is no rule that holds.
  for (const each of breaks) broken(readFileSync(join(copies[0] as string, each.file), "utf8"), each);

  const options = { copies, print: console.log, signal: stop.signal };
  const unbrokenMs = await timeUnbroken([...new Set(breaks.flatMap(({ tests }) => tests))], options);
  const results = await tryBreaks(breaks, unbrokenMs, options);
  const missed = results.filter(({ caught }) => !caught);
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`${results.length} breaks, ${results.length - missed.length} caught, ${missed.length} missed, in ${seconds} s`);
  if (values.json) console.log(JSON.stringify({ breaks: results }));
  if (missed.length > 0) process.exitCode = 1;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
