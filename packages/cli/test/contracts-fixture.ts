import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRegistry } from "@throughline/registry";
import { defineEvent, type EventContract } from "throughline";
import { plannedContract, type ServicePlan } from "throughline/contracts";
import type { Encoding } from "throughline/seams";
import { registryFromUrl } from "../src/adapters.ts";

type Properties = Readonly<Record<string, object>>;

/** A contract whose data has an id, and more. */
export function contractOf(
  type: string,
  properties: Properties = {},
  {
    required = [],
    version = 1,
    ...more
  }: {
    required?: readonly string[];
    version?: number;
    stream?: string;
    subject?: string;
    description?: string;
    encoding?: Encoding;
    upcast?: Readonly<Record<number, (old: object) => object>>;
  } = {},
): EventContract {
  return defineEvent<string, Record<string, string>>(type, {
    version,
    subject: "id",
    ...more,
    data: { type: "object", properties: { id: { type: "string" }, ...properties }, required: ["id", ...required] },
  });
}

/** A service as it tells itself. */
export function planOf(service: string, publishes: readonly EventContract[], owner: string | null = null): ServicePlan {
  return {
    service,
    version: "1.0.0",
    owner,
    group: service,
    topics: [],
    publishes: publishes.map(plannedContract),
    handlers: [],
  };
}

/** A registry of one's own, and what talks to it. */
export async function openRegistry() {
  const server = await startRegistry({ store: "sqlite::memory:", port: 0 });
  const registry = await registryFromUrl(server.url, { env: {}, signal: new AbortController().signal });
  return { server, registry, [Symbol.asyncDispose]: () => server.close() };
}

export function temporaryFolder(t: { after(work: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), "throughline-contracts-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
