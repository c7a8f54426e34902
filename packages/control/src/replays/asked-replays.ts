import type { EventLog } from "throughline/seams";
import { commandsTopic, type ReplayStart } from "throughline/system-topics";
import { replayStartIn } from "./read-replays.ts";

/** The replays that were asked for, read from the log once and then only what is new. */
export class AskedReplays {
  readonly #log: EventLog;
  readonly #starts = new Map<string, ReplayStart>();
  readonly #next = new Map<number, number>();
  #topicId: string | null = null;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** Everything that was asked for up to now. */
  async all(): Promise<readonly ReplayStart[]> {
    const turn = this.#reading.then(() => this.#readOn());
    this.#reading = turn.catch(() => undefined);
    await turn;
    return [...this.#starts.values()];
  }

  async #readOn(): Promise<void> {
    const topic = (await this.#log.topics()).find(({ name }) => name === commandsTopic);
    if (topic?.id !== this.#topicId) {
      this.#starts.clear();
      this.#next.clear();
      this.#topicId = topic?.id ?? null;
    }
    if (topic === undefined) return;
    for (const { partition, earliest, end } of await this.#log.offsets(commandsTopic)) {
      const fromOffset = Math.max(earliest, this.#next.get(partition) ?? earliest);
      if (fromOffset >= end) continue;
      for await (const batch of this.#log.read({ topic: commandsTopic, partition, fromOffset, toOffset: end })) {
        for (const { value } of batch) {
          const start = replayStartIn(value);
          if (start !== null) this.#starts.set(start.commandId, start);
        }
      }
      this.#next.set(partition, end);
    }
  }
}
