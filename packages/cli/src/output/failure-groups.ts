import type { Failure } from "@throughline/control/reading";
import { formatAgo } from "./durations.ts";
import { errorLine, type TextOptions } from "./failure-text.ts";
import { renderTable } from "./table.ts";

export interface FailureGroup {
  readonly service: string;
  readonly handler: string;
  readonly type: string | null;
  readonly reason: string;
  readonly error: string;
  readonly count: number;
  readonly oldestMs: number;
  readonly newestMs: number;
  readonly example: string;
}

/** Dead letters that fail alike: same consumer, type, reason and error; the most numerous first. Digits in a message do not tell them apart. */
export function groupFailures(failures: readonly Failure[]): FailureGroup[] {
  const groups = new Map<string, Failure[]>();
  for (const failure of failures) {
    const { service, handler, reason } = failure.letter;
    const key = JSON.stringify([
      service,
      handler,
      failure.event?.type,
      reason,
      errorLine(failure).replace(/[0-9a-f]*\d[0-9a-f]*/gi, "#"),
    ]);
    groups.set(key, [...(groups.get(key) ?? []), failure]);
  }
  return [...groups.values()]
    .map((alike) => {
      const last = alike.at(-1)!;
      const { service, handler, reason, failureId, failedAtMs } = last.letter;
      return {
        service,
        handler,
        type: last.event?.type ?? null,
        reason,
        error: errorLine(last),
        count: alike.length,
        oldestMs: alike[0]!.letter.failedAtMs,
        newestMs: failedAtMs,
        example: failureId,
      };
    })
    .toSorted((a, b) => b.count - a.count);
}

export function renderFailureGroups(
  groups: readonly FailureGroup[],
  short: ReadonlyMap<string, string>,
  options: TextOptions,
): string {
  return renderTable(
    [
      { title: "COUNT", align: "right" },
      { title: "CONSUMER" },
      { title: "EVENT" },
      { title: "REASON" },
      { title: "OLDEST" },
      { title: "NEWEST" },
      { title: "EXAMPLE" },
      { title: "ERROR", flexible: true },
    ],
    groups.map((group) => [
      group.count,
      `${group.service}/${group.handler}`,
      group.type,
      { text: group.reason, colour: "red" },
      formatAgo(group.oldestMs, options.nowMs),
      formatAgo(group.newestMs, options.nowMs),
      short.get(group.example) ?? group.example,
      group.error,
    ]),
    options,
  );
}
