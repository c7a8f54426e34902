// Kafka and PostgreSQL for development and tests, on this machine: npm run services -- up|down|status [--brokers 3] [--json]
// Containers where an engine runs (compose.yaml), else Kafka's own broker from Maven Central and PostgreSQL's own binaries from
// npm, on free ports.
import { parseArgs } from "node:util";
import { kafkaPart } from "./services/kafka-part.ts";
import { postgresPart } from "./services/postgres-part.ts";
import type { ServicePart, UpOptions } from "./services/service-part.ts";
import { readState, stateFile, writeState } from "./services/state-file.ts";

/** In the order in which they come up. */
const parts: readonly ServicePart[] = [kafkaPart, postgresPart];

interface PartStatus {
  readonly name: string;
  readonly up: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly where: string;
}

async function up(options: UpOptions): Promise<void> {
  for (const part of parts) {
    const state = await readState();
    const known = state[part.name];
    if (known !== undefined) {
      if (await part.isUp(known)) continue;
      await part.down(known);
    }
    console.error(`starting ${part.name} …`);
    await writeState({ ...(await readState()), [part.name]: await part.up(options) });
  }
}

async function down(): Promise<void> {
  for (const part of parts.toReversed()) {
    const { [part.name]: known, ...others } = await readState();
    if (known !== undefined) await part.down(known);
    await writeState(others);
  }
}

async function status(): Promise<PartStatus[]> {
  const state = await readState();
  return Promise.all(
    parts.map(async (part) => {
      const known = state[part.name];
      if (known === undefined) return { name: part.name, up: false, env: {}, where: "" };
      return { name: part.name, up: await part.isUp(known), ...part.describe(known) };
    }),
  );
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { brokers: { type: "string", default: "1" }, json: { type: "boolean", default: false } },
});
const [command] = positionals;
const usage = "npm run services -- up|down|status [--brokers 1|3] [--json]";
if (!["up", "down", "status"].includes(command ?? "") || !["1", "3"].includes(values.brokers)) {
  console.error(`usage: ${usage}`);
  process.exit(2);
}
if (command === "up") await up({ brokers: values.brokers === "3" ? 3 : 1 });
if (command === "down") await down();
const now = await status();
if (values.json) console.log(JSON.stringify({ services: now, stateFile }));
else {
  for (const { name, up: isUp, env, where } of now) {
    console.log(`${name}: ${isUp ? "up" : "down"}${where === "" ? "" : ` (${where})`}`);
    if (isUp) for (const [variable, value] of Object.entries(env)) console.log(`  export ${variable}=${value}`);
  }
}
if (command === "status" && now.some((part) => !part.up)) process.exitCode = 1;
