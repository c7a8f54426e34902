import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { dirname, join } from "node:path";

/** What the figures were measured with. */
export interface Conditions {
  readonly node: string;
  readonly platform: string;
  readonly cores: number;
  readonly processor: string;
  readonly memoryGb: number;
  /** Of the last minute, when the run began: what others did on the machine. */
  readonly load: number;
  readonly clients: Readonly<Record<string, string>>;
}

export function readConditions(): Conditions {
  const clients = ["@platformatic/kafka", "kafkajs", "pg"];
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? "unknown",
    memoryGb: Math.round(totalmem() / 2 ** 30),
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    clients: Object.fromEntries(clients.map((name) => [name, versionOf(name)])),
  };
}

/** As one line of text, with what else was found out: servers and their versions. */
export function conditionsText(
  { node, platform, cores, processor, memoryGb, load, clients }: Conditions,
  servers: readonly string[],
): string {
  const parts = Object.entries(clients).map(([name, version]) => `${name} ${version}`);
  return [
    `Node ${node} on ${platform}, ${cores} cores (${processor}), ${memoryGb} GiB; load ${load} at the start`,
    ...(servers.length === 0 ? [] : [`servers: ${servers.join("; ")}`, `clients: ${parts.join(", ")}`]),
  ].join("\n");
}

/** Read from its folder: not every package lets its manifest be imported. */
function versionOf(name: string): string {
  const entry = createRequire(import.meta.url).resolve(name);
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name?: string; version?: string };
      if (manifest.name === name) return manifest.version ?? "unknown";
    } catch {
      // One folder up.
    }
  }
  return "unknown";
}
