import { randomUUID } from "node:crypto";
import { encodeEvent, type EventLog, type LogRecord, type NewRecord, withSequence } from "throughline";
import { commandRecord, readDeadLetter, redriveRecord } from "throughline/system-topics";
import type { Databases } from "./databases.ts";

/** What happens to the services from outside while they die: gaps in a stream, redrives and rebuilds. */
export class Supply {
  readonly #log: EventLog;
  readonly #databases: Databases;
  readonly #read = new Map<number, number>();
  readonly #answered = new Set<string>();
  /** The id of each handler's last rebuild. */
  readonly #rebuilds = new Map<string, string>([
    ["sum-up", ""],
    ["tally-probes", ""],
  ]);
  probes = 0;
  /** Dead letters by reason. */
  readonly letters = new Map<string, number>();

  constructor(log: EventLog, databases: Databases) {
    this.#log = log;
    this.#databases = databases;
  }

  /** One subject whose second event is missing for good: the third becomes a dead letter, and the fourth waits behind it. */
  async probe(): Promise<void> {
    if (!(await this.#exists("probe"))) return;
    const probe = `probe-${++this.probes}`;
    await this.#append([1, 3, 4].map((reading) => probeRecord(probe, reading)));
  }

  /** Answers each new dead letter of the ledger: an event with a flaw is edited, one behind a gap is redriven as it is. */
  async redrive(): Promise<void> {
    const topic = "ledger.dlt";
    if (!(await this.#exists(topic))) return;
    for (const { partition, end } of await this.#log.offsets(topic)) {
      const from = this.#read.get(partition) ?? 0;
      if (end <= from) continue;
      for await (const records of this.#log.read({ topic, partition, fromOffset: from, toOffset: end }))
        await this.#append(records.flatMap((record) => this.#requestFor(record)));
      this.#read.set(partition, end);
    }
  }

  /** Begins a rebuild of each handler that can be rebuilt when its last one is done. */
  async rebuild(): Promise<void> {
    // A service reads commands from its first start on.
    const reads = "SELECT 1 FROM throughline_cursors WHERE topic = 'throughline.commands'";
    if ((await this.#databases.all("ledger", reads)).length === 0) return;
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
        command: "replay",
        kind: "rebuild",
        commandId,
        service: "ledger",
        handler,
        range: { fromMs: null, toMs: null, types: null, subjects: null },
        ratePerSecond: null,
        publish: false,
        by: "the crash driver",
        reason: null,
        atMs: Date.now(),
      }),
    ]);
  }

  #requestFor(record: LogRecord): NewRecord[] {
    const found = readDeadLetter(record);
    if (found === null || this.#answered.has(found.letter.failureId)) return [];
    const { letter, original } = found;
    this.#answered.add(letter.failureId);
    this.letters.set(letter.reason, (this.letters.get(letter.reason) ?? 0) + 1);
    const data = JSON.parse(Buffer.from(original.value ?? []).toString()) as { flaw?: string };
    const editedValue = data.flaw === undefined ? null : Buffer.from(JSON.stringify({ ...data, flaw: "none" }));
    return [
      redriveRecord({
        requestId: randomUUID(),
        action: "redrive",
        service: letter.service,
        handler: letter.handler,
        failureId: letter.failureId,
        by: "the crash driver",
        reason: null,
        atMs: Date.now(),
        original,
        editedValue,
        force: false,
      }),
    ];
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
