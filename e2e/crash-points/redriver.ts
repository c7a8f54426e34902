import { randomUUID } from "node:crypto";
import type { EventLog, LogRecord, NewRecord } from "throughline";
import { readDeadLetter, redriveRecord } from "throughline/system-topics";

/** Answers each new dead letter of a service: an event with a flaw is edited, and any other redriven as it is. */
export class Redriver {
  readonly #log: EventLog;
  readonly #service: string;
  readonly #read = new Map<number, number>();
  readonly #answered = new Set<string>();
  /** Dead letters by reason. */
  readonly letters = new Map<string, number>();

  constructor(log: EventLog, service: string) {
    this.#log = log;
    this.#service = service;
  }

  async look(): Promise<void> {
    const topic = `${this.#service}.dlt`;
    if (!(await this.#log.topics()).some(({ name }) => name === topic)) return;
    for (const { partition, end } of await this.#log.offsets(topic)) {
      const from = this.#read.get(partition) ?? 0;
      if (end <= from) continue;
      for await (const records of this.#log.read({ topic, partition, fromOffset: from, toOffset: end })) {
        const requests = records.flatMap((record) => this.#requestFor(record));
        for (const result of await this.#log.append(requests)) if (!result.ok) throw result.error;
      }
      this.#read.set(partition, end);
    }
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
}
