import type { Recovery } from "throughline/outbox";
import { formatTime } from "./durations.ts";
import { renderTable } from "./table.ts";

const shown = 10;

/** What `store recover` found, and what it will do. */
export function renderRecovery({ service, numbering, mark, why, opens, waiting, undone }: Recovery): string {
  const lines = [
    `The store of "${service}" gives numbers in numbering ${numbering.sequenceEpoch} and has given ${numbering.given}.`,
    mark === null
      ? "The log has no mark of it."
      : `Its last mark in the log, of ${formatTime(mark.atMs)}: numbering ${mark.sequenceEpoch}, ${mark.given} given.`,
  ];
  if (why === null) return [...lines, "", "The store is not behind the log: there is nothing to recover."].join("\n");
  return [
    ...lines,
    `It is behind the log: ${why}.`,
    "",
    undone.events === 0
      ? "Nothing was undone that had been published."
      : `${count(undone.events, "event")} of ${count(undone.subjects, "subject")} stand in the log though this store knows nothing of them: what published them was undone, and consumers have handled them, or will.`,
    ...(undone.events === 0
      ? []
      : [
          renderTable(
            [
              { title: "EVENT" },
              { title: "SUBJECT", flexible: true },
              { title: "NUMBER", align: "right" },
              { title: "ID" },
              { title: "RECORD" },
            ],
            undone.examples
              .slice(0, shown)
              .map(({ type, subject, sequence, id, topic, partition, offset }) => [
                type,
                subject,
                sequence,
                id,
                `${topic}/${partition}@${offset}`,
              ]),
          ),
          ...(undone.events > shown ? [`… and ${undone.events - shown} more (--json lists up to 1,000)`] : []),
        ]),
    "",
    `To go on: open numbering ${opens}. Every subject begins at 1 in it, what waits in the outbox (${count(waiting, "event")}) is sent in it, in its order and with its ids, and consumers follow by themselves.`,
  ].join("\n");
}

const count = (value: number, what: string): string => `${value.toLocaleString("en")} ${what}${value === 1 ? "" : "s"}`;

export function recoveryJson({ service, numbering, mark, why, opens, waiting, undone }: Recovery, recovered: boolean) {
  return {
    service,
    behind: why,
    recovered,
    numbering: numbering.sequenceEpoch,
    given: numbering.given,
    mark: mark === null ? null : { numbering: mark.sequenceEpoch, given: mark.given, at: new Date(mark.atMs).toISOString() },
    opens: why === null && !recovered ? null : opens,
    waiting,
    undone,
  };
}
