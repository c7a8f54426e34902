import { stripVTControlCharacters } from "node:util";
import type { Figures, ServiceFigures } from "./demo-figures.ts";

const bold = (text: string): string => `\x1b[1m${text}\x1b[22m`;
const dim = (text: string): string => `\x1b[2m${text}\x1b[22m`;
const red = (text: string): string => `\x1b[31m${text}\x1b[39m`;

/** Behind by less is on its way. */
const isLagging = ({ behind, perSecond }: ServiceFigures): boolean => behind > Math.max(20, 2 * perSecond);

/** What the panel names so that it can be opened or typed. */
export interface PanelPlaces {
  readonly where: string;
  readonly eventsUrl: string;
  readonly consoleUrl: string;
}

/** The whole picture, for a terminal that is cleared before each. */
export function renderPanel(
  figures: Figures,
  { where, eventsUrl, consoleUrl }: PanelPlaces,
  { columns, rows }: { columns: number; rows: number },
): string {
  const { orders, events, mails } = figures;
  const lines = [
    bold(`The shop on events: twelve services, a process each`) +
      dim(`   running ${clock(figures.runningForMs)}, data in ./${where}`),
    "",
    `  Console  ${bold(consoleUrl)}`,
    `  Orders   ${orders.placed} placed, ${Math.round(orders.perMinute)} a minute; ${orders.completed} completed, ${orders.refused === 0 ? "none refused" : red(`${orders.refused} refused`)}`,
    `  Events   ${events.total} on the log, ${events.perSecond.toFixed(0)} a second`,
    `  Mails    ${mails.mails} sent, by ${mails.calls} calls to the mail provider`,
    "",
    dim("  service           read    a second   behind   dead letters"),
    ...figures.services.map(serviceLine),
    "",
    ...tryNext(figures, eventsUrl),
    "",
    dim("  Ctrl-C ends it all."),
  ];
  // A line too many would scroll the picture away.
  return lines
    .slice(0, rows - 1)
    .map((line) => `${cut(line, columns)}\n`)
    .join("");
}

function serviceLine(service: ServiceFigures): string {
  const { name, handled, perSecond, behind, deadLetters } = service;
  const figures = [
    String(handled).padStart(6),
    perSecond.toFixed(1).padStart(12),
    String(behind).padStart(9),
    String(deadLetters).padStart(15),
  ].join("");
  return `  ${name.padEnd(16)}${isLagging(service) || deadLetters > 0 ? red(figures) : figures}${state(service)}`;
}

function state({ pid, restartsInMs }: ServiceFigures): string {
  if (pid !== null) return "";
  return red(restartsInMs === null ? "   down" : `   down, starts again in ${Math.ceil(restartsInMs / 1_000)} s`);
}

function tryNext({ correlationId, services }: Figures, eventsUrl: string): string[] {
  const pid = services.find(({ name }) => name === "notifications")?.pid;
  const on = `--events ${eventsUrl}`;
  return [
    bold("  Try in another terminal"),
    ...(pid ? [`    kill -9 ${pid}`, dim("      notifications dies; orders go on, and its mails are sent when it is back")] : []),
    ...(correlationId
      ? [
          `    npm run throughline -- flow ${correlationId} ${on}`,
          dim("      everything that one order set going, in every service"),
        ]
      : []),
    `    npm run throughline -- lag ${on}`,
    dim("      how far behind each service is"),
    `    npm run throughline -- events tail ${on}`,
    dim("      the events as they come"),
    `    npm run throughline -- failed ${on}`,
    dim("      what was given up, and why"),
  ];
}

/** The commands to try, without colours. */
export const renderTryNext = (figures: Figures, eventsUrl: string): string =>
  stripVTControlCharacters(tryNext(figures, eventsUrl).join("\n"));

/** The same in one line, for an output that is no terminal. */
export function renderLine({ runningForMs, orders, events, mails, services }: Figures): string {
  const troubled = services.flatMap((service) => {
    const { name, pid, behind, deadLetters } = service;
    return [
      ...(pid === null ? [`${name} is down`] : []),
      ...(isLagging(service) ? [`${name} is ${behind} events behind`] : []),
      ...(deadLetters > 0 ? [`${name} gave up ${deadLetters} events`] : []),
    ];
  });
  return [
    clock(runningForMs),
    `orders: ${orders.placed} placed (${Math.round(orders.perMinute)} a minute), ${orders.refused} refused`,
    `events: ${events.total} (${events.perSecond.toFixed(0)} a second)`,
    `mails: ${mails.mails} sent, ${mails.calls} calls`,
    troubled.length === 0 ? "all services keep up" : troubled.join(", "),
    `read by: ${services.map(({ name, handled }) => `${name} ${handled}`).join(", ")}`,
  ].join(" | ");
}

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Cuts what a line shows to the terminal's width; colour codes take no room. */
function cut(line: string, columns: number): string {
  let room = columns;
  // oxlint-disable-next-line no-control-regex -- colour codes begin with one
  return line.replaceAll(/(\x1b\[\d+m)|./gu, (part, code: string | undefined) => (code !== undefined || room-- > 0 ? part : ""));
}
