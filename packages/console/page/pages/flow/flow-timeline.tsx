import { useMemo } from "react";
import type { Flow } from "../../api/api-types.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { Choice, TextField } from "../../parts/field.tsx";
import { Section } from "../../parts/page.tsx";
import { LogLines } from "../logs/log-lines.tsx";
import { LogLinesMissing } from "../logs/log-lines-missing.tsx";
import { levels, useFlowLogs } from "../logs/use-flow-logs.ts";
import { type Beside, linesByRow, noRow } from "./beside.ts";
import { Timeline } from "./timeline.tsx";

const whileItGoesOnMs = 10_000;

/** The flow by time, with log lines and traces beside it. */
export function FlowTimeline({ of: flow }: { readonly of: Flow }) {
  const { correlationId: id, events, complete } = flow;
  const { answer, level, text, narrow } = useFlowLogs(id);
  const traces = useApi("/flows/{id}/traces", { path: { id }, everyMs: complete ? 0 : whileItGoesOnMs });
  const logs = answer.data ?? null;
  const fromMs = events[0]?.timestampMs ?? 0;
  const beside = useMemo<Beside>(
    () => ({
      fromMs,
      logs,
      lines: linesByRow(events, logs?.items ?? []),
      traces: new Map(traces.data?.items.flatMap(({ key, traceId }) => (traceId === null ? [] : [[key, traceId]]))),
    }),
    [events, fromMs, logs, traces.data],
  );
  return (
    <Section title="Timeline" about="oldest first; a bar reaches from the event to when it was handled">
      <div className="filters">
        <Choice label="Log lines" value={level} choices={levels} onChange={(to) => narrow({ level: to })} />
        <TextField label="With the text" value={text} placeholder="such as card" onChange={(line) => narrow({ line })} />
      </div>
      <LogLines
        of={beside.lines.get(noRow) ?? []}
        about="no single event"
        fromMs={fromMs}
        showService
        isOpen={level !== "" || text !== ""}
      />
      <Timeline events={events} beside={beside} />
      <Answer of={answer} bones={null}>
        {(found) => <LogLinesMissing of={found} />}
      </Answer>
    </Section>
  );
}
