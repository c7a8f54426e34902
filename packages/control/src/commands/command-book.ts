import type { EventLog } from "throughline/seams";
import { auditTopic, type AuditEntry, commandsTopic, readCommand } from "throughline/system-topics";
import { isAuditEntry } from "../indexing/readable.ts";
import { readOrSkip } from "../reading/read-or-skip.ts";
import type { ServiceCommand } from "./command-order.ts";

/** A command with what the service wrote down of it, which stays when its instances are gone. */
export interface AskedCommand {
  readonly command: ServiceCommand;
  readonly written: { readonly state: "done" | "refused"; readonly sentence: string; readonly atMs: number } | null;
  /** When its pause, limit or hold was over by itself. */
  readonly endedAtMs: number | null;
}

const kinds: ReadonlySet<string> = new Set(["pause", "resume", "limit", "hold", "release", "accept-loss"]);
const mostKept = 5_000;
/** Clocks of those who write to the log may differ by this much. */
const slackMs = 60_000;

/** The newest commands that were asked for and their answers, read from the log once and then only what is new. */
export class CommandBook {
  readonly #log: EventLog;
  readonly #asked = new Map<string, { -readonly [Key in keyof AskedCommand]: AskedCommand[Key] }>();
  readonly #next = new Map<string, number>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** Everything that was asked for up to now, newest first. */
  async all(): Promise<readonly AskedCommand[]> {
    const turn = this.#turn.then(() => this.#readOn());
    this.#turn = turn.catch(() => undefined);
    await turn;
    return [...this.#asked.values()].toSorted((a, b) => b.command.atMs - a.command.atMs);
  }

  async #readOn(): Promise<void> {
    const ids = new Map((await this.#log.topics()).map(({ name, id }) => [name, id]));
    await this.#read(commandsTopic, ids, (value) => this.#ask(value));
    // Where nothing was asked for, nothing is answered.
    if (this.#asked.size > 0) await this.#read(auditTopic, ids, (value) => this.#answer(value));
  }

  #ask(value: Uint8Array | null): void {
    const command = readOrSkip(() => readCommand(value));
    if (command === null || !kinds.has(command.command) || typeof command.commandId !== "string") return;
    if (this.#asked.has(command.commandId)) return;
    this.#asked.set(command.commandId, { command: command as ServiceCommand, written: null, endedAtMs: null });
    for (const oldest of this.#asked.keys()) {
      if (this.#asked.size <= mostKept) break;
      this.#asked.delete(oldest);
    }
  }

  #answer(value: Uint8Array | null): void {
    const found = readOrSkip(() => (value === null ? null : (JSON.parse(Buffer.from(value).toString()) as unknown)));
    if (!isAuditEntry(found) || "about" in found || found.outcome === undefined) return;
    const { id, outcome, detail = "", atMs }: AuditEntry = found;
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    if (outcome === "ended") asked.endedAtMs = atMs;
    else asked.written ??= { state: outcome, sentence: detail, atMs };
  }

  /** A topic that was created anew is another one, and read from its beginning. */
  async #read(topic: string, ids: ReadonlyMap<string, string>, take: (value: Uint8Array | null) => void): Promise<void> {
    const id = ids.get(topic);
    if (id === undefined) return;
    for (const { partition, earliest, end } of await this.#log.offsets(topic)) {
      const key = `${id}/${partition}`;
      const from = this.#next.get(key) ?? (await this.#start(topic, partition, earliest));
      for await (const batch of from < end ? this.#log.read({ topic, partition, fromOffset: from, toOffset: end }) : [])
        for (const { value } of batch) take(value);
      this.#next.set(key, end);
    }
  }

  /** The audit is kept for good: nothing before the oldest command answers one. */
  async #start(topic: string, partition: number, earliest: number): Promise<number> {
    if (topic !== auditTopic) return earliest;
    const oldestMs = Math.min(...[...this.#asked.values()].map(({ command }) => command.atMs));
    const found = (await this.#log.offsetsAt(auditTopic, oldestMs - slackMs)).find((one) => one.partition === partition);
    return found?.offset ?? earliest;
  }
}
