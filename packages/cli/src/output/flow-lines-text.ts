import type { LogLine } from "@throughline/control/reading";
import type { Colour, Paint } from "./colours.ts";
import { formatClock } from "./durations.ts";
import { printableLine } from "./printable.ts";

const colours: Readonly<Record<LogLine["level"], Colour>> = {
  trace: "dim",
  debug: "blue",
  info: "green",
  warn: "yellow",
  error: "red",
  fatal: "red",
};
const widestLevel = 5;

/** Log lines of a flow, oldest first; or what makes them, where there are none. */
export function renderFlowLines(lines: readonly LogLine[], paint: Paint): string {
  if (lines.length === 0)
    return paint("dim", "No service has shipped log lines of it. log: { ship: true } in createService makes one do so.");
  return [paint("bold", "log lines"), ...lines.map((line) => lineText(line, paint))].join("\n");
}

function lineText(
  { atMs, level, service, handler, message, attempt = 1, rolledBack, cut, fields }: LogLine,
  paint: Paint,
): string {
  const marks = [
    ...(attempt === 1 ? [] : [`attempt ${attempt}`]),
    ...(rolledBack ? ["rolled back"] : []),
    ...(cut ? ["cut"] : []),
  ];
  return [
    paint("dim", formatClock(atMs)),
    paint(colours[level], level.toUpperCase().padEnd(widestLevel)),
    printableLine(handler === undefined ? service : `${service}/${handler}`),
    printableLine(message),
    ...(fields === undefined ? [] : [paint("dim", printableLine(JSON.stringify(fields)))]),
    ...(marks.length === 0 ? [] : [paint("dim", `(${marks.join(", ")})`)]),
  ].join(" ");
}
