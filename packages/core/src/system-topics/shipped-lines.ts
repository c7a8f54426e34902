import type { Header, NewRecord } from "../seams/event-log.ts";
import { logsTopic } from "./topic-names.ts";

/** Log lines of one instance, as they stand together in one record of `throughline.logs`. */
export interface ShippedLines {
  readonly service: string;
  readonly instance: string;
  readonly version: string;
  /** When they were sent. Milliseconds since 1970, as all times here. */
  readonly atMs: number;
  /** In the order in which they were written. */
  readonly lines: readonly ShippedLine[];
  /** Lines that were to be shipped since the record before, and were not. */
  readonly dropped?: DroppedLines;
}

export interface DroppedLines {
  readonly count: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export type LineLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

/** Personal values are masked in it, as in the line itself (R15). */
export interface ShippedLine {
  readonly atMs: number;
  readonly level: LineLevel;
  readonly message: string;
  readonly correlationId?: string;
  readonly tenantId?: string;
  /** The event that was being handled. */
  readonly eventId?: string;
  readonly handler?: string;
  /** The attempt of the handler at the event, 1 for the first. */
  readonly attempt?: number;
  readonly traceId?: string;
  /** What the line tells of was rolled back. */
  readonly rolledBack?: true;
  /** The line was too long: its message was cut, or its fields left out. */
  readonly cut?: true;
  /** Whatever else stood in the line. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

const headers: readonly Header[] = [["content-type", new TextEncoder().encode("application/json")]];

/** @param lines Each as its JSON. */
export function shippedLinesRecord(about: Omit<ShippedLines, "lines">, lines: readonly string[]): NewRecord {
  return {
    topic: logsTopic,
    key: Buffer.from(`${about.service}/${about.instance}`),
    value: Buffer.from(`${JSON.stringify(about).slice(0, -1)},"lines":[${lines.join(",")}]}`),
    headers,
  };
}

/** Throws for what is no JSON. */
export function readShippedLines(value: Uint8Array | null): ShippedLines | null {
  return value === null ? null : (JSON.parse(Buffer.from(value).toString()) as ShippedLines);
}
