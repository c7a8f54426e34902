import type { Colour, Paint } from "../output/colours.ts";
import { formatClock } from "../output/durations.ts";
import { printableLine, printableText } from "../output/printable.ts";
import { shortId } from "../output/short-id.ts";

/** A line as pino writes it. */
interface PinoLine {
  /** A number, or its label where the logger writes labels. */
  readonly level: number | string;
  readonly time?: number | string;
  readonly msg?: string;
  readonly correlationId?: string;
  readonly err?: { readonly type?: string; readonly message?: string; readonly stack?: string; readonly code?: string };
  readonly [field: string]: unknown;
}

export interface LogLineOptions {
  readonly service: string;
  readonly colour: Colour;
  /** Width of the column of services. */
  readonly width: number;
  readonly paint: Paint;
  readonly nowMs: number;
}

const levels: readonly (readonly [number, string, Colour])[] = [
  [60, "FATAL", "red"],
  [50, "ERROR", "red"],
  [40, "WARN", "yellow"],
  [30, "INFO", "green"],
  [20, "DEBUG", "blue"],
  [0, "TRACE", "dim"],
];
const labels: ReadonlySet<unknown> = new Set(levels.map(([, label]) => label.toLowerCase()));
const widestLevel = 5;

/** Fields that have a place of their own in the line, or say nothing on one machine. */
const placed: ReadonlySet<string> = new Set([
  "level",
  "time",
  "msg",
  "correlationId",
  "err",
  "service",
  "pid",
  "hostname",
  "v",
  "name",
  "version",
  "instance",
  "tenantId",
]);

/** One line of a service's output, made readable: JSON lines of pino are laid out, other lines are passed through behind their service's name. */
export function renderLogLine(text: string, options: LogLineOptions): string {
  const line = parsePino(text);
  const { paint } = options;
  const service = paint(options.colour, options.service.padEnd(options.width));
  if (line === null)
    return `${paint("dim", formatClock(options.nowMs))} ${service} ${paint("dim", "│")}     ${printableText(text)}`;
  const [, level, colour] =
    levels.find(([least, label]) =>
      typeof line.level === "number" ? line.level >= least : line.level === label.toLowerCase(),
    ) ?? levels.at(-1)!;
  const fields = Object.entries(line)
    .filter(([name]) => !placed.has(name))
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
  const head = [
    paint("dim", formatClock(timeOf(line, options.nowMs))),
    service,
    paint(colour, level.padEnd(widestLevel)),
    printableLine(messageOf(line)),
    ...(fields === "" ? [] : [paint("dim", printableLine(fields))]),
    ...(line.correlationId === undefined ? [] : [paint("magenta", printableLine(shortId(String(line.correlationId))))]),
  ].join(" ");
  const stack = line.err === undefined ? null : (line.err.stack ?? `${line.err.type ?? "Error"}: ${line.err.message ?? ""}`);
  return stack === null ? head : `${head}\n${renderStack(stack, paint)}`;
}

function parsePino(text: string): PinoLine | null {
  if (!text.startsWith("{")) return null;
  try {
    const line = JSON.parse(text) as Partial<PinoLine> | null;
    return typeof line?.level === "number" || labels.has(line?.level) ? (line as PinoLine) : null;
  } catch {
    return null;
  }
}

/** Of a message that its stack says again below, the first line. */
function messageOf({ msg, err }: PinoLine): string {
  const message = msg ?? err?.message ?? "";
  return err?.stack?.includes(message) === true ? message.split("\n")[0]! : message;
}

function timeOf(line: PinoLine, nowMs: number): number {
  const at = typeof line.time === "string" ? Date.parse(line.time) : (line.time ?? Number.NaN);
  return Number.isNaN(at) ? nowMs : at;
}

/** The message stands out; frames of Node and of dependencies step back. */
function renderStack(stack: string, paint: Paint): string {
  return printableText(stack)
    .split("\n")
    .map((line) => {
      const text = `    ${line.trimEnd()}`;
      if (!line.trimStart().startsWith("at ")) return paint("red", text);
      return /node:|node_modules/.test(line) ? paint("dim", text) : text;
    })
    .join("\n");
}
