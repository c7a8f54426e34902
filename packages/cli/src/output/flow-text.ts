import { type Flow, type FlowEvent, type FlowHandler, type Outcome, summariseFlow } from "@throughline/control/reading";
import { plainPaint, type Colour, type Paint } from "./colours.ts";
import { formatClock, formatMicros, formatMs, formatTime } from "./durations.ts";
import { printableLine } from "./printable.ts";

const marks: Readonly<Record<Outcome, readonly [string, Colour]>> = {
  applied: ["✓", "green"],
  duplicate: ["✓", "green"],
  stale: ["✓", "green"],
  discarded: ["–", "yellow"],
  "before-start": ["–", "dim"],
  waiting: ["↻", "yellow"],
  pending: ["…", "yellow"],
  unknown: ["?", "yellow"],
  missing: ["✗", "red"],
  dead: ["✗", "red"],
};

/** A flow as a tree: each event, below it what every handler made of it, below that what it published. */
export function renderFlow(flow: Flow, options: { nowMs: number; paint?: Paint }): string {
  const paint = options.paint ?? plainPaint;
  const summary = summariseFlow(flow);
  const began = flow.roots[0] === undefined ? "" : `  ${formatTime(flow.roots[0].timestampMs)}`;
  return [
    `${paint("bold", "flow")} ${printableLine(flow.correlationId)}${paint("dim", began)}`,
    ...flow.roots.flatMap((root) => eventLines(root, "", "", { ...options, paint })),
    "",
    paint(summary.complete ? "green" : "yellow", printableLine(summary.sentence)),
  ].join("\n");
}

interface View {
  readonly nowMs: number;
  readonly paint: Paint;
}

function eventLines(event: FlowEvent, first: string, rest: string, view: View): string[] {
  const children: ((first: string, rest: string) => string[])[] = [
    ...event.handlers.map((handler) => (head: string, below: string) => handlerLines(handler, head, below, view)),
    ...event.caused.map((caused) => (head: string, below: string) => eventLines(caused, head, below, view)),
  ];
  return [first + eventLine(event, view.paint), ...branches(children, rest)];
}

function branches(children: readonly ((first: string, rest: string) => string[])[], indent: string): string[] {
  return children.flatMap((child, at) =>
    at === children.length - 1 ? child(`${indent}└─ `, `${indent}   `) : child(`${indent}├─ `, `${indent}│  `),
  );
}

function eventLine(event: FlowEvent, paint: Paint): string {
  const place = `${formatClock(event.timestampMs)}  ${event.topic}/${event.partition}@${event.offset}`;
  const by = event.source === "" ? "" : ` by ${printableLine(event.source)}`;
  const copies = event.records > 1 ? paint("yellow", `  ${event.records} records`) : "";
  return `${paint("cyan", printableLine(event.type))} ${printableLine(event.subject ?? "")}${by}  ${paint("dim", place)}${copies}`;
}

function handlerLines(handler: FlowHandler, first: string, rest: string, view: View): string[] {
  const { paint } = view;
  const [mark, colour] = marks[handler.outcome];
  const line = `${first}${paint(colour, mark)} ${handler.service}/${handler.handler}  ${paint(colour, handler.outcome)}${paint("dim", details(handler, view.nowMs))}`;
  const indent = `${rest}${handler.published.length > 0 ? "│ " : "  "}`;
  const below = [
    ...(handler.error === null
      ? []
      : [`${indent}${paint("red", printableLine(`${handler.error.code ?? handler.error.name}: ${handler.error.message}`))}`]),
    ...(handler.note === null ? [] : [`${indent}${paint("dim", printableLine(handler.note))}`]),
    ...(handler.outcome === "dead" && handler.failureId !== null
      ? [`${indent}${paint("dim", `→ throughline failed ${handler.failureId}`)}`]
      : []),
  ];
  const published = handler.published.map((event) => (head: string, under: string) => eventLines(event, head, under, view));
  return [line, ...below, ...branches(published, rest)];
}

function details(handler: FlowHandler, nowMs: number): string {
  const parts = [
    handler.durationMicros === null ? null : `in ${formatMicros(handler.durationMicros)}`,
    handler.waitedMs === null ? null : `after ${formatMs(handler.waitedMs)}`,
    handler.outcome === "applied" || handler.reason === null ? null : `reason ${handler.reason}`,
    handler.retries === 0 ? null : `${handler.retries} ${handler.retries === 1 ? "retry" : "retries"}`,
    handler.putOff === 0 ? null : `put off ${handler.putOff} ${handler.putOff === 1 ? "time" : "times"}`,
    handler.dueAtMs === null
      ? null
      : handler.dueAtMs > nowMs
        ? `next try in ${formatMs(handler.dueAtMs - nowMs)}`
        : "next try is due",
    handler.duplicates === 0 ? null : `${handler.duplicates} ${handler.duplicates === 1 ? "duplicate" : "duplicates"} skipped`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? "" : `  ${parts.join(", ")}`;
}
