import { pino } from "pino";
import { coreError } from "../errors/index.ts";
import type { Logger } from "./create-logger.ts";
import { aboutNow, type LineAbout } from "./line-about.ts";
import type { PersonalValues } from "./personal-values.ts";
import { type Destination, wantsAbout, wantsLevel } from "./shipped-destination.ts";

const streamSym: typeof pino.symbols.streamSym = pino.symbols.streamSym;

interface Line {
  readonly text: string;
  readonly level: number;
  /** Only where the destination wants it. */
  readonly about: LineAbout | undefined;
}

/** Who knows more of what a run's lines are about than the code that logs them. */
export interface LineOrigin {
  lineAbout(): LineAbout;
}

/** Names that are ours in every line: no event's data can put a personal value there. */
const OWN_NAMES = ["level", "time", "service", "version", "instance", "correlationId", "tenantId"];

/**
 * The log of one handler's run. Its lines are written when the run's outcome is known: `commit` writes them as they are,
 * `rollback` with `"rolledBack": true`; both with the times, and in the order, at which they were logged. Personal values
 * are masked in them. A line logged after the outcome is written at once, under the same mark.
 * Costs nothing until `log` is used. At most `maxLines` are kept; how many more there were is told in a last line.
 * @example
 *   const handlerLog = new HandlerLog(logger, { personal: personalValues(event.data, contract.personal) });
 *   handlerLog.log.info("invoice created");
 *   handlerLog.commit();
 */
export class HandlerLog {
  readonly #logger: Logger;
  readonly #personal: PersonalValues | undefined;
  readonly #maxLines: number;
  readonly #origin: LineOrigin | undefined;
  #log: Logger | undefined;
  /** Made with the first of them. */
  #lines: Line[] | null = null;
  #dropped = 0;
  #outcome: "open" | "committed" | "rolled back" = "open";

  /**
   * @param logger One of `createLogger`; any other, whose lines could not be held back, throws `LOGGER_FOREIGN`.
   */
  constructor(logger: Logger, options: { personal?: PersonalValues; maxLines?: number; origin?: LineOrigin } = {}) {
    if (!(streamSym in logger)) throw coreError("LOGGER_FOREIGN", {});
    this.#logger = logger;
    this.#personal = options.personal?.isEmpty === false ? options.personal : undefined;
    this.#maxLines = options.maxLines ?? 1000;
    this.#origin = options.origin;
  }

  /** The logger for the handler. */
  get log(): Logger {
    this.#log ??= this.#buffering();
    return this.#log;
  }

  /** Writes the lines. Idempotent; the first outcome counts. */
  commit(): void {
    this.#settle("committed");
  }

  /** Writes the lines with their mark: what they tell of did not happen. Idempotent; the first outcome counts. */
  rollback(): void {
    this.#settle("rolled back");
  }

  #settle(outcome: "committed" | "rolled back"): void {
    if (this.#outcome !== "open") return;
    this.#outcome = outcome;
    const lines = this.#lines;
    if (lines === null) return;
    this.#lines = null;
    for (const line of lines) this.#write(line);
    if (this.#dropped > 0)
      this.#log?.warn(
        { droppedLines: this.#dropped },
        `this handler logged more than ${this.#maxLines} lines for one event; the rest was dropped`,
      );
  }

  #buffering(): Logger {
    const isWanted = this.#destination[wantsAbout] === true;
    const take = (text: string, level: number): void => {
      const about = isWanted ? { ...aboutNow(), ...this.#origin?.lineAbout() } : undefined;
      const line: Line = { text, level, about };
      if (this.#outcome !== "open") this.#write(line);
      else if ((this.#lines ??= []).length < this.#maxLines) this.#lines.push(line);
      else this.#dropped++;
    };
    const stream: Destination = {
      [wantsLevel]: true,
      lastLevel: 0,
      write(text: string): void {
        take(text, this.lastLevel ?? 0);
      },
    };
    // A child shares serializers, level and context with its parent, and differs in where its lines go.
    return Object.assign(this.#logger.child({}), { [streamSym]: stream });
  }

  get #destination(): Destination {
    return (this.#logger as unknown as { [streamSym]: Destination })[streamSym];
  }

  #write({ text, level, about }: Line): void {
    const destination = this.#destination;
    if (destination[wantsLevel] === true) destination.lastLevel = level;
    if (destination[wantsAbout] === true) destination.lastAbout = about;
    let line = this.#personal === undefined ? text : maskLine(text, this.#personal);
    if (this.#outcome === "rolled back") line = `${line.slice(0, line.lastIndexOf("}"))},"rolledBack":true}\n`;
    destination.write(line);
  }
}

function maskLine(text: string, personal: PersonalValues): string {
  const line = JSON.parse(text) as Record<string, unknown>;
  const masked = personal.maskJson(line) as Record<string, unknown>;
  for (const name of OWN_NAMES) if (name in line) masked[name] = line[name];
  return `${JSON.stringify(masked)}\n`;
}
