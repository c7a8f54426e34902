import { join } from "node:path";
import { openSqliteLog } from "@throughline/sqlite";
import {
  createMemoryStore,
  createService,
  defineEvent,
  defineReader,
  type EventContract,
  type EventLog,
  type JsonSchema,
  type Running,
} from "throughline";
import { plantedReader, plantedSchema } from "./planted-contracts.ts";
import type { PlantedFacts } from "./planted-changes.ts";
import type { Seeded } from "./seeded.ts";

const names = [
  "orders",
  "billing",
  "payments",
  "shipping",
  "catalog",
  "customers",
  "notifications",
  "analytics",
  "inventory",
  "returns",
  "pricing",
  "loyalty",
] as const;

export interface PlantedContract {
  readonly service: string;
  readonly type: string;
  readonly schema: JsonSchema;
  readonly facts: PlantedFacts;
  readonly contract: EventContract;
}

export interface PlantedHandler {
  readonly name: string;
  readonly order: "sequential" | "latest" | "any";
  readonly contract: EventContract;
}

/** One deployed version, as the test knows it to be. */
export interface PlantedVersion {
  readonly service: string;
  readonly version: string;
  readonly handlers: readonly PlantedHandler[];
}

export interface PlantedShop extends AsyncDisposable {
  readonly log: EventLog;
  readonly contracts: readonly PlantedContract[];
  readonly running: readonly PlantedVersion[];
}

export function contractOf(
  type: string,
  schema: JsonSchema,
  { version, stream, subject, tenant, compacted }: PlantedFacts,
): EventContract {
  return defineEvent<string, Record<string, unknown>>(type, {
    version,
    stream,
    subject: subject as never,
    ...(tenant === null ? {} : { tenant: tenant as never }),
    compacted,
    data: schema,
    upcast: Object.fromEntries(Array.from({ length: version - 1 }, (_, n) => [n + 1, (old: object) => ({ ...old })])),
  });
}

/** Twelve services that run on one embedded log; one of them in two versions, and one of another version that has stopped. */
export async function plantedShop(folder: string, random: Seeded): Promise<PlantedShop> {
  const log = await openSqliteLog({ path: join(folder, "events.db") });
  const contracts = names.flatMap((service) =>
    ["changed", "closed"].slice(0, 1 + random.below(2)).map((verb): PlantedContract => {
      const schema = plantedSchema(random);
      const facts: PlantedFacts = {
        version: random.one([1, 2]),
        stream: service,
        subject: "id",
        tenant: random.chance(0.5) ? "tenant_id" : null,
        compacted: false,
      };
      const type = `${service}.${verb}`;
      return { service, type, schema, facts, contract: contractOf(type, schema, facts) };
    }),
  );
  const version = (service: string, number: string): PlantedVersion => ({
    service,
    version: number,
    handlers: Array.from({ length: 6 }, (_, n) => handlerOf(`handler-${n}`, contracts, random)),
  });
  const running = [...names.map((name) => version(name, "1.0.0")), version("billing", "1.1.0")];
  const started: Running[] = [];
  const start = async (each: PlantedVersion): Promise<Running> => {
    const service = createService({
      name: each.service,
      version: each.version,
      instance: `${each.service}-${each.version}`,
      eventLog: log,
      store: createMemoryStore(),
      from: "latest",
      publishes: contracts.filter(({ service: of }) => of === each.service).map(({ contract }) => contract),
      log: { silent: true },
    });
    for (const { name, contract, order } of each.handlers) service.on(contract, name, () => undefined, { order });
    return service.start();
  };
  await (await start(version("billing", "0.9.0"))).close();
  for (const each of running) started.push(await start(each));
  return {
    log,
    contracts,
    running,
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map((each) => each.close()));
      await log.close();
    },
  };
}

function handlerOf(name: string, contracts: readonly PlantedContract[], random: Seeded): PlantedHandler {
  const { contract, schema } = random.one(contracts);
  const order = random.one(["sequential", "latest", "any"] as const);
  if (random.chance(0.2)) return { name, order, contract };
  return { name, order, contract: defineReader(contract, { data: plantedReader(schema, random) }) };
}
