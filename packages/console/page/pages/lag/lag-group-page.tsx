import { useState } from "react";
import type { GroupLag } from "../../api/api-types.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { Bones } from "../../parts/bones.tsx";
import { Button } from "../../parts/button.tsx";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Figures } from "../../parts/facts.tsx";
import { Choice } from "../../parts/field.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { count, perSecond } from "../../parts/say-number.ts";
import { Status } from "../../parts/status.tsx";
import { Link } from "../../router/link.tsx";
import { useSearch } from "../../router/location.ts";
import type { PathParts } from "../../router/match-route.ts";
import { paths } from "../../router/paths.ts";
import { useWhyNotAct } from "../../session/use-session.tsx";
import { Incidents } from "./incidents.tsx";
import { LagChart } from "./lag-chart.tsx";
import { LedHere } from "./led-here.tsx";
import { MakeSilence } from "./make-silence.tsx";
import { Rule } from "./rule.tsx";
import { groupState, partitionState, sayBehindMs, sayCatchUp } from "./say-lag.ts";

const spans = { "1": "1 hour", "6": "6 hours", "24": "24 hours", "168": "7 days" } as const;
type Span = keyof typeof spans;
const hourMs = 3_600_000;

/** One group: where it is on each partition, and how it was. */
export function LagGroupPage({ parts }: { readonly parts: PathParts }) {
  const group = parts["group"]!;
  const answer = useApi("/lag/{group}", { path: { group }, everyMs: 2_000 });
  const [isSilencing, setSilencing] = useState(false);
  const may = useWhyNotAct(group);
  return (
    <Page
      byTenant="a group reads partitions, and nobody counts their events by tenant. Lag is that of all."
      title={group}
      above={
        <>
          <Link to={paths.lag()}>Lag</Link> / group
        </>
      }
      say={<Rule group={group} />}
      actions={
        <>
          {answer.data && <Status tone={groupState(answer.data).tone}>{groupState(answer.data).word}</Status>}
          <Button onPress={() => setSilencing(true)} whyNot={may}>
            Silence
          </Button>
        </>
      }
    >
      <LedHere />
      <Answer of={answer}>{(lag) => <Now of={lag} />}</Answer>
      <History group={group} />
      <Section title="Incidents" about="newest first">
        <Incidents group={group} />
      </Section>
      {isSilencing && <MakeSilence groups={group} onClose={() => setSilencing(false)} />}
    </Page>
  );
}

const Now = ({ of: lag }: { readonly of: GroupLag }) => (
  <>
    <Figures
      of={[
        ["Events behind", count(lag.behind)],
        ["In time", sayBehindMs(lag.behindMs)],
        ["Trend", lag.trendPerSecond === null ? "unknown" : perSecond(lag.trendPerSecond)],
        ["Caught up", sayCatchUp(lag)],
        ["Members", `${lag.members}, ${lag.state}`],
        ["Limit", lag.limit === null ? "none" : count(lag.limit)],
      ]}
    />
    <Section title="Partitions">
      <DataTable
        label="Partitions"
        columns={columns}
        rows={lag.partitions}
        rowId={({ topic, partition }) => `${topic}/${partition}`}
      />
    </Section>
  </>
);

function History({ group }: { readonly group: string }) {
  const [search, change] = useSearch();
  const asked = search.get("span") ?? "6";
  const span = (asked in spans ? asked : "6") as Span;
  // A whole minute, so that the answer can be kept for that long.
  const toMs = Math.ceil(Date.now() / 60_000) * 60_000;
  const fromMs = toMs - Number(span) * hourMs;
  const answer = useApi("/lag/{group}/history", { path: { group }, query: { fromMs, toMs }, everyMs: 30_000 });
  return (
    <Section
      title="History"
      about="events behind"
      actions={<Choice label="Over" value={span} choices={spans} onChange={(text) => change({ span: text })} />}
    >
      <Answer of={answer} bones={<Bones lines={1} height="15rem" />}>
        {({ points }) =>
          points.length > 0 ? (
            <LagChart points={points} fromMs={fromMs} toMs={toMs} />
          ) : (
            <Empty title="No history of this span">A point is kept each minute from the first sample on.</Empty>
          )
        }
      </Answer>
    </Section>
  );
}

const columns: readonly TableColumn<GroupLag["partitions"][number]>[] = [
  {
    id: "partition",
    title: "Partition",
    cell: ({ topic, partition }) => (
      <span className="mono">
        {topic}/{partition}
      </span>
    ),
    sort: ({ topic, partition }) => `${topic}/${String(partition).padStart(6, "0")}`,
  },
  {
    id: "state",
    title: "State",
    cell: (partition) => {
      const { tone, word } = partitionState(partition);
      return (
        <>
          <Status tone={tone}>{word}</Status>
          {partition.excuse !== null && <div className="soft">raises no alarm: {partition.excuse}</div>}
        </>
      );
    },
    sort: ({ status }) => status,
  },
  { id: "behind", title: "Behind", isNumber: true, cell: ({ behind }) => count(behind), sort: ({ behind }) => behind },
  {
    id: "time",
    title: "In time",
    isNumber: true,
    cell: ({ behindMs, behindMsFrom }) => sayBehindMs(behindMs, behindMsFrom),
    sort: ({ behindMs }) => behindMs ?? 0,
  },
  {
    id: "trend",
    title: "Trend",
    isNumber: true,
    cell: ({ trendPerSecond }) => (trendPerSecond === null ? "unknown" : perSecond(trendPerSecond)),
  },
  {
    id: "place",
    title: "Read to / end",
    isNumber: true,
    cell: ({ committed, end }) => `${count(committed)} / ${count(end)}`,
  },
  { id: "lost", title: "Lost", isNumber: true, cell: ({ lost }) => count(lost) },
  { id: "member", title: "Read by", cell: ({ member }) => <span className="mono clip">{member ?? "nobody"}</span> },
];
