import { randomUUID } from "node:crypto";
import { encodeEvent, type EventLog, type NewRecord, withSequence } from "throughline";
import { commandRecord } from "throughline/system-topics";
import type { Databases } from "../places/databases.ts";
import { Redriver } from "./redriver.ts";

/** What happens to the services from outside while they die: gaps in a stream, redrives and rebuilds. */
export class Supply {
  readonly #log: EventLog;
  readonly #databases: Databases;
  readonly #redriver: Redriver;
  /** The id of each handler's last rebuild. */
  readonly #rebuilds = new Map<string, string>([
    ["sum-up", ""],
    ["tally-probes", ""],
  ]);
  probes = 0;

  constructor(log: EventLog, databases: Databases) {
    this.#log = log;
    this.#databases = databases;
    this.#redriver = new Redriver(log, "ledger");
  }

  /** One subject whose second event is missing for good: the third becomes a dead letter, and the fourth waits behind it. */
  async probe(): Promise<void> {
    if (!(await this.#exists("probe"))) return;
    const probe = `probe-${++this.probes}`;
    await this.#append([1, 3, 4].map((reading) => probeRecord(probe, reading)));
  }

  /** Answers each new dead letter of the ledger. */
  redrive(): Promise<void> {
    return this.#redriver.look();
  }

  /** Dead letters by reason. */
  get letters(): ReadonlyMap<string, number> {
    return this.#redriver.letters;
  }

  /** Asks the ledger for something that is so already: a command is carried out, and what it does can be seen nowhere. */
  async command(): Promise<void> {
    if (!(await this.#readsCommands())) return;
    await this.#append([
      commandRecord({
        ...this.#commandTo("read-probe"),
        command: "limit",
        commandId: randomUUID(),
        perSecond: null,
        untilMs: null,
      }),
    ]);
  }

  /** Begins a rebuild of each handler that can be rebuilt when its last one is done. */
  async rebuild(): Promise<void> {
    if (!(await this.#readsCommands())) return;
    for (const [handler, commandId] of this.#rebuilds) {
      const state = "SELECT state FROM throughline_epochs WHERE command_id = ?";
      const [last] = await this.#databases.all("ledger", state, commandId);
      if (commandId === "" || last?.state === "done") await this.#rebuild(handler);
    }
  }

  async #rebuild(handler: string): Promise<void> {
    const commandId = randomUUID();
    this.#rebuilds.set(handler, commandId);
    await this.#append([
      commandRecord({
        ...this.#commandTo(handler),
        command: "replay",
        kind: "rebuild",
        commandId,
        range: { fromMs: null, toMs: null, types: null, subjects: null },
        ratePerSecond: null,
        publish: false,
      }),
    ]);
  }

  #commandTo(handler: string) {
    return { service: "ledger", handler, by: "the crash driver", reason: null, atMs: Date.now() };
  }

  /** A service reads commands from its first start on. */
  async #readsCommands(): Promise<boolean> {
    const reads = "SELECT 1 FROM throughline_cursors WHERE topic = 'throughline.commands'";
    return (await this.#databases.all("ledger", reads)).length > 0;
  }

  async #exists(topic: string): Promise<boolean> {
    return (await this.#log.topics()).some(({ name }) => name === topic);
  }

  async #append(records: readonly NewRecord[]): Promise<void> {
    for (const result of await this.#log.append(records)) if (!result.ok) throw result.error;
  }
}

function probeRecord(probe: string, reading: number): NewRecord {
  const { key, value, headers } = encodeEvent({
    id: randomUUID(),
    source: "prober",
    type: "probe.read",
    subject: probe,
    timeMs: Date.now(),
    dataVersion: 1,
    data: { probe_id: probe, reading },
    correlationId: randomUUID(),
  });
  return { topic: "probe", key, value, headers: withSequence(headers, reading, 0) };
}
