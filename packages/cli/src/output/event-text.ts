import type { LogRecord } from "throughline/seams";
import { prettyValue, type SeenEvent, valueForJson } from "@throughline/control/reading";
import type { Paint } from "./colours.ts";
import { formatClock, formatTime } from "./durations.ts";
import { printableLine, printableText } from "./printable.ts";
import { shortId } from "./short-id.ts";

/** One record of the log as a line; with `data`, its payload below it. `event` is null for a record that is no event. */
export function renderRecord(
  record: LogRecord,
  event: SeenEvent | null,
  options: { paint: Paint; data: boolean; date: boolean },
): string {
  const { paint } = options;
  const time = options.date ? formatTime(record.timestampMs) : formatClock(record.timestampMs);
  const place = paint("dim", `${record.topic}/${record.partition}@${record.offset}`);
  const line =
    event === null
      ? [paint("dim", time), place, paint("yellow", "not a CloudEvent"), `${record.value?.length ?? 0} bytes`]
      : [
          paint("dim", time),
          place,
          paint("cyan", printableLine(event.type)),
          printableLine(event.subject ?? "–") + (event.sequence === null ? "" : paint("dim", ` #${event.sequence}`)),
          paint("dim", `by ${printableLine(event.source)}`),
          ...(event.correlationId === null ? [] : [paint("magenta", printableLine(shortId(event.correlationId)))]),
        ];
  return options.data
    ? `${line.join("  ")}\n${printableText(prettyValue(record.value).text).replace(/^/gm, "    ")}`
    : line.join("  ");
}

export function recordJson(record: LogRecord, event: SeenEvent | null, options: { data: boolean; headers: boolean }) {
  const { topic, partition, offset, timestampMs } = record;
  return {
    ...(event === null ? { topic, partition, offset, timestampMs, id: null } : event),
    ...(options.headers
      ? { headers: record.headers.map(([name, value]) => [name, value === null ? null : Buffer.from(value).toString()]) }
      : {}),
    ...(options.data ? valueForJson(record.value) : {}),
  };
}
