import type { CommandAnswer } from "../system-topics/index.ts";

const most = 20;

/** What came of the latest commands that this instance carried out; announced, so that whoever asked can read it. */
export class CommandAnswers {
  readonly #answers = new Map<string, CommandAnswer>();

  /** The last word on a command counts: one that is tried again is answered again. */
  add(answer: CommandAnswer): void {
    this.#answers.delete(answer.commandId);
    this.#answers.set(answer.commandId, answer);
    for (const id of [...this.#answers.keys()].slice(0, -most)) this.#answers.delete(id);
  }

  all(): CommandAnswer[] {
    return [...this.#answers.values()];
  }
}
