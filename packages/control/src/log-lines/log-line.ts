import type { LineLevel, ShippedLine, ShippedLines } from "throughline/system-topics";

/** From the least to the worst. */
export const lineLevels = ["trace", "debug", "info", "warn", "error", "fatal"] as const satisfies readonly LineLevel[];

export const rankOf = (level: LineLevel): number => lineLevels.indexOf(level);

/** A log line of a service that is about a flow, with who wrote it. */
export interface LogLine extends ShippedLine {
  readonly service: string;
  readonly version: string;
  readonly instance: string;
}

/** Lines that an instance wanted to ship at a time, and did not. */
export interface LogGap {
  readonly service: string;
  readonly instance: string;
  readonly count: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Lines that belong to no flow are found by nobody, and not kept. */
export function linesOfFlows({ service, version, instance, lines }: ShippedLines): LogLine[] {
  return lines
    .filter(({ correlationId, eventId }) => correlationId !== undefined || eventId !== undefined)
    .map((line) => ({ service, version, instance, ...line }));
}

export function gapOf({ service, instance, dropped }: ShippedLines): LogGap | null {
  return dropped === undefined ? null : { service, instance, ...dropped };
}
