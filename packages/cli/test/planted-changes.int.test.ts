import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { canDeploy, placeText } from "@throughline/registry";
import { type EventContract, isThroughlineError, readData, validateForPublish } from "throughline";
import { readerSchema } from "throughline/contracts";
import type { PublishedContract, ServiceContracts } from "throughline/system-topics";
import { readRunning } from "../src/reading/running-versions.ts";
import { sizes } from "../../../e2e/sizes.ts";
import { type Planted, plantedChange } from "./planted/planted-changes.ts";
import {
  contractOf,
  type PlantedContract,
  type PlantedHandler,
  type PlantedShop,
  plantedShop,
  type PlantedVersion,
} from "./planted/planted-shop.ts";
import { sampleData } from "./planted/sample-data.ts";
import { Seeded } from "./planted/seeded.ts";

const changes = sizes({ test: 200, soak: 2_000 });
const samplesEach = 400;

test(`of ${changes} planted changes over twelve services, every consumer that breaks is named, and none that does not`, async (t) => {
  const seed = Number(process.env["THROUGHLINE_PLANTED_SEED"] ?? 20_261_126);
  const folder = await mkdtemp(join(tmpdir(), "throughline-planted-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const random = new Seeded(seed);
  await using shop = await plantedShop(folder, random);
  const running = await readRunning(shop.log, Date.now());
  assert.deepEqual(
    running.map(({ service, version, contracts }) => [service, version, contracts !== null]).toSorted(),
    shop.running.map(({ service, version }) => [service, version, true]).toSorted(),
  );

  const counts = { changes, broke: 0, harmless: 0, consumersAsked: 0, consumersNamed: 0, wrong: 0 };
  const wrong: string[] = [];
  for (let n = 0; n < changes; n += 1) {
    const target = random.one(shop.contracts);
    const { planted, changed, samples } = drawnChange(target, random);
    const expected = whoReallyBreaks(shop, target, changed, samples);
    const verdict = canDeploy(candidateOf(shop, target, changed), { running, agreed: [] });
    const named = new Map(verdict.breaks.map((each) => [placeText(each.consumer), each.message]));
    counts.consumersAsked += expected.size;
    counts.consumersNamed += named.size;
    const truly = [...expected].filter(([, witness]) => witness !== null);
    if (truly.length > 0) counts.broke += 1;
    else counts.harmless += 1;
    const of = `change ${n} of ${target.type} (${planted.what})`;
    for (const [place, witness] of truly)
      if (!named.has(place)) wrong.push(`${of}: ${place} breaks with ${witness}, and is not named`);
    for (const [place, message] of named)
      if ((expected.get(place) ?? null) === null) wrong.push(`${of}: ${place} is named and does not break: ${message}`);
    for (const each of [...verdict.unknown, ...verdict.already])
      wrong.push(`${of}: nobody can tell, or so it was: ${each.message}`);
    assert.equal(verdict.answer, named.size > 0 ? "no" : "yes");
  }
  console.log(JSON.stringify({ ...counts, wrong: wrong.length, seed }));
  assert.deepEqual(wrong.slice(0, 20), []);
  // Neither answer is right by being given always.
  assert.ok(counts.broke > changes / 4 && counts.harmless > changes / 6, JSON.stringify(counts));
});

/**
 * By their own readers: what a publisher with the changed contract may publish is drawn, and given to each handler's `readData`. Of what
 * no data shows, by the rule itself. Null for a handler that does not break.
 */
function whoReallyBreaks(
  shop: PlantedShop,
  target: PlantedContract,
  changed: EventContract | null,
  samples: readonly unknown[],
): Map<string, string | null> {
  const next = {
    service: target.service,
    version: "next",
    handlers: shop.running.find(({ service }) => service === target.service)!.handlers,
  };
  const found = new Map<string, string | null>();
  for (const version of [...shop.running, next])
    for (const handler of version.handlers.filter(({ contract }) => contract.type === target.type))
      found.set(placeText({ ...version, handler: handler.name }), whyItBreaks(version, handler, target, changed, samples));
  return found;
}

function whyItBreaks(
  { service, version }: PlantedVersion,
  { contract, order }: PlantedHandler,
  target: PlantedContract,
  changed: EventContract | null,
  samples: readonly unknown[],
): string | null {
  const isNext = version === "next";
  const isReplaced = service === target.service && !isNext;
  // Those that are going to be replaced leave the rest to their successors, and these know what they publish.
  if (changed === null) return isReplaced || isNext ? null : "nothing is published";
  if (!isReplaced) {
    if (changed.stream !== contract.stream) return "another stream";
    if (changed.version <= contract.version) {
      if (changed.subject !== contract.subject) return "another subject";
      if (contract.tenant !== null && changed.tenant !== contract.tenant) return "another tenant";
      if (changed.compacted && order === "sequential") return "a compacted stream";
    }
  } else if (changed.stream !== contract.stream || changed.version > contract.version) return null;
  for (const data of samples)
    try {
      readData(contract, changed.version, data);
    } catch (error) {
      assert.ok(isThroughlineError(error, "EVENT_INVALID") || isThroughlineError(error, "EVENT_VERSION_UNKNOWN"));
      return JSON.stringify(data);
    }
  return null;
}

/** A change after which something can be published at all. */
function drawnChange(
  target: PlantedContract,
  random: Seeded,
): { planted: Planted; changed: EventContract | null; samples: readonly unknown[] } {
  for (;;) {
    const planted = plantedChange(target.schema, target.facts, random);
    if (planted.schema === null) return { planted, changed: null, samples: [] };
    const changed = contractOf(target.type, planted.schema, planted.facts);
    const samples = validSamples(changed, random);
    if (samples.length === samplesEach) return { planted, changed, samples };
  }
}

function validSamples(contract: EventContract, random: Seeded): unknown[] {
  const samples: unknown[] = [];
  for (let n = 0; n < samplesEach * 20 && samples.length < samplesEach; n += 1) {
    const data = JSON.parse(JSON.stringify(sampleData(contract.schema, random))) as Record<string, unknown>;
    for (const id of ["id", "other_id", "tenant_id"]) if (data[id] === "") data[id] = "x";
    try {
      validateForPublish(contract, data);
      samples.push(data);
    } catch {
      // Not all that is drawn is valid.
    }
  }
  return samples;
}

function candidateOf({ running, contracts }: PlantedShop, target: PlantedContract, changed: EventContract | null) {
  const published = contracts
    .filter(({ service, type }) => service === target.service && type !== target.type)
    .map(({ contract }) => contract);
  if (changed !== null) published.push(changed);
  const { handlers } = running.find(({ service }) => service === target.service)!;
  const told: ServiceContracts = {
    publishes: published.map((contract): PublishedContract => ({
      ...factsOf(contract),
      compacted: contract.compacted,
      schema: contract.schema,
    })),
    handlers: handlers.map(({ name, order, contract }) => ({
      name,
      order,
      reads: [
        {
          ...factsOf(contract),
          schema: readerSchema(contract.schema),
          lifts: Object.keys(contract.upcast).map(Number),
          adopted: false,
        },
      ],
    })),
  };
  return { service: target.service, version: "next", contracts: told };
}

const factsOf = ({ type, version, stream, subject, tenant }: EventContract) => ({ type, version, stream, subject, tenant });
