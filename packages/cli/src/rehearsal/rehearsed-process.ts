import { type RehearsalNews, type RehearsalOrder, rehearsalVariable, type RehearsedLetter } from "throughline/rehearsal";
import { pause } from "@throughline/control/redrive";
import type { ServiceFile } from "../dev/find-services.ts";
import { AskedProgram } from "../plans/asked-program.ts";

/** A service that has not called `start` by then never will. */
const startsWithinMs = 60_000;
/** Services of one program start together. */
const togetherMs = 300;
/** What a process has beyond its store's limit for a transaction before it counts as stuck. */
const patienceMs = 5_000;
/** How long a store's writers may wait for one another. */
const waitsAtMostMs = 60_000;

export type ReadyService = Extract<RehearsalNews, { say: "ready" }>;

/** How a process's rehearsal ended, and what it had told by then. */
export interface RehearsedPart {
  readonly letters: readonly RehearsedLetter[];
  /** `died`: the process has ended before it was done. */
  readonly end: { readonly how: "done" | "died" | "failed"; readonly what: string };
  /** The event whose handler ran when it died. */
  readonly underWay: string | null;
}

/** A service's own program in a process of its own, up to the start of its services, which then rehearse in place of starting. */
export class RehearsedProcess {
  readonly #program: AskedProgram;
  #hear: (news: RehearsalNews) => void = () => undefined;

  constructor(program: ServiceFile, env: NodeJS.ProcessEnv) {
    this.#program = new AskedProgram(program, { variable: rehearsalVariable, env });
    this.#program.child.on("message", ({ throughlineRehearsal: news }: { throughlineRehearsal?: RehearsalNews }) => {
      if (news !== undefined) this.#hear(news);
    });
  }

  /** The last of what it printed. */
  get output(): string {
    return this.#program.output;
  }

  /** Ends it now. Its open transaction is rolled back by the database. */
  kill(): void {
    this.#program.kill();
  }

  get ended(): Promise<string> {
    return this.#program.ended;
  }

  /** The services that it starts; a sentence that says why there is none. */
  async services(): Promise<readonly ReadyService[] | string> {
    const ready: ReadyService[] = [];
    const first = Promise.withResolvers<void>();
    this.#hear = (news) => {
      if (news.say === "ready") ready.push(news);
      first.resolve();
    };
    const deadline = new AbortController();
    const late = pause(startsWithinMs, deadline.signal).then(() => `it did not call start within ${startsWithinMs / 1000} s`);
    const why = await Promise.race([first.promise, this.ended, late]);
    deadline.abort();
    if (ready.length === 0) return why ?? "it told nothing";
    await Promise.race([pause(togetherMs, new AbortController().signal), this.ended]);
    return ready;
  }

  /** Sends the letters, and hears what comes of them until the process ends. */
  async rehearse(
    order: RehearsalOrder,
    { transactionLimitMs, onLetter }: { readonly transactionLimitMs: number; readonly onLetter: () => void },
  ): Promise<RehearsedPart> {
    const letters: RehearsedLetter[] = [];
    let end: RehearsedPart["end"] | null = null;
    let underWay: string | null = null;
    let stuck: NodeJS.Timeout | undefined;
    let isStuck = false;
    /** A handler has its transaction's time; what is between two of them may wait for the running service. */
    const watch = (ms: number): void => {
      clearTimeout(stuck);
      stuck = setTimeout(() => {
        isStuck = true;
        this.kill();
      }, ms);
    };
    const handlerMs = transactionLimitMs + patienceMs;
    this.#hear = (news) => {
      if (news.service !== order.service) return;
      watch(news.say === "begun" ? handlerMs : handlerMs + waitsAtMostMs);
      if (news.say === "begun") underWay = news.failureId;
      if (news.say === "letter") {
        letters.push(news.letter);
        underWay = null;
        onLetter();
      }
      if (news.say === "done") end = { how: "done", what: "" };
      if (news.say === "failed") end = { how: "failed", what: news.message };
    };
    watch(handlerMs + waitsAtMostMs);
    this.#program.child.send({ throughlineRehearse: order }, () => undefined);
    const how = await this.ended;
    clearTimeout(stuck);
    const what = isStuck ? `nothing was heard of it for more than ${handlerMs / 1000} s` : how;
    return { letters, end: end ?? { how: "died", what }, underWay };
  }
}
