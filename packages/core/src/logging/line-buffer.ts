import type { DroppedLines } from "../system-topics/shipped-lines.ts";
import { longestLine, type TakenLine } from "./shipped-line.ts";

const mostCharacters = 2 * 1024 * 1024;

/**
 * Lines that wait to be shipped, bounded by their number and by their characters. What comes while it is full is dropped, not what
 * waits: the beginning of a story says more than its end, and dropping costs nothing.
 */
export class LineBuffer {
  readonly #mostLines: number;
  #lines: TakenLine[] = [];
  #characters = 0;
  #dropped: { count: number; fromMs: number; toMs: number } | null = null;

  constructor(mostLines: number) {
    this.#mostLines = mostLines;
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  /** False: it was dropped. */
  add(text: string, line: Omit<TakenLine, "text" | "length">): boolean {
    const { length } = text;
    const isReadable = length <= longestLine;
    const characters = isReadable ? length : 0;
    if (this.#lines.length >= this.#mostLines || this.#characters + characters > mostCharacters) {
      this.drop(1, line.takenAtMs);
      return false;
    }
    this.#lines.push({ ...line, text: isReadable ? text : null, length });
    this.#characters += characters;
    return true;
  }

  /** Those that came first. */
  take(mostLines: number, mostCharactersAtOnce: number): TakenLine[] {
    let count = 0;
    for (let characters = 0; count < Math.min(mostLines, this.#lines.length); count++) {
      characters += this.#lines[count]?.text?.length ?? 0;
      if (count > 0 && characters > mostCharactersAtOnce) break;
    }
    const taken = this.#lines.splice(0, count);
    for (const { text } of taken) this.#characters -= text?.length ?? 0;
    return taken;
  }

  /** Notes that lines were not shipped. */
  drop(count: number, atMs: number): void {
    const { count: before = 0, fromMs = atMs, toMs = atMs } = this.#dropped ?? {};
    this.#dropped = { count: before + count, fromMs: Math.min(fromMs, atMs), toMs: Math.max(toMs, atMs) };
  }

  /** What was dropped since it was last asked. */
  takeDropped(): DroppedLines | null {
    const dropped = this.#dropped;
    this.#dropped = null;
    return dropped;
  }

  /** It was not told after all. */
  putBackDropped(dropped: DroppedLines): void {
    this.drop(0, dropped.fromMs);
    this.drop(dropped.count, dropped.toMs);
  }
}
