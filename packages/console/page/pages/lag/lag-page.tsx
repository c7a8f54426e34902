import type { Lag } from "../../api/answers.ts";
import type { GroupLag } from "../../api/api-types.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { count, perSecond } from "../../parts/say-number.ts";
import { Note, Status } from "../../parts/status.tsx";
import { Ago } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import { paths } from "../../router/paths.ts";
import { Channels } from "./channels.tsx";
import { Incidents } from "./incidents.tsx";
import { Silences } from "./silences.tsx";
import { groupState, sayBehindMs, sayCatchUp } from "./say-lag.ts";

/** How far every consumer group on the log is behind. */
export function LagPage() {
  const answer = useApi("/lag", { everyMs: 2_000 });
  return (
    <Page
      byTenant="a group reads partitions, and nobody counts their events by tenant. Lag is that of all."
      title="Lag"
      say="Every consumer group on the log, Throughline's or not: how far it is behind, in events and in time, and when it has caught up."
    >
      <Answer of={answer}>{(lag) => <Groups of={lag} />}</Answer>
      <Section title="Incidents" about="times that a group was too far behind, or that events failed for good, newest first">
        <Incidents />
      </Section>
      <Silences />
      <Channels />
    </Page>
  );
}

const Groups = ({ of: { groups, handlers, problem, sampledAtMs } }: { readonly of: Lag }) => (
  <>
    {problem !== null && (
      <Note tone="unknown">
        <p>Unknown since the last sample: {problem}</p>
      </Note>
    )}
    <Section
      title="Groups"
      about={
        sampledAtMs === null ? (
          "not sampled yet"
        ) : (
          <>
            sampled <Ago at={sampledAtMs} />
          </>
        )
      }
    >
      {groups.length > 0 ? (
        <DataTable label="Consumer groups" columns={columns} rows={groups} rowId={({ group }) => group} />
      ) : (
        <Empty title="No consumer group on the log" command="throughline lag --events <log>">
          A group stands here once a service has read something: its partitions, how far it is behind, and whether it gains. The
          same on the command line:
        </Empty>
      )}
    </Section>
    {handlers.length > 0 && (
      <Section title="Handlers that read by themselves" about="behind their group, so its offset tells nothing of them">
        <DataTable
          label="Handlers"
          columns={handlerColumns}
          rows={handlers}
          rowId={({ service, handler }) => `${service}/${handler}`}
        />
      </Section>
    )}
  </>
);

const columns: readonly TableColumn<GroupLag>[] = [
  {
    id: "group",
    title: "Group",
    cell: ({ group, state, members }) => (
      <>
        <Link className="opens mono" to={paths.lagGroup(group)}>
          {group}
        </Link>
        <div className="soft">
          {members} {members === 1 ? "member" : "members"}, {state}
        </div>
      </>
    ),
    sort: ({ group }) => group,
  },
  {
    id: "state",
    title: "State",
    cell: (group) => {
      const { tone, word } = groupState(group);
      return <Status tone={tone}>{word}</Status>;
    },
    sort: (group) => groupState(group).word,
  },
  { id: "behind", title: "Behind", isNumber: true, cell: ({ behind }) => count(behind), sort: ({ behind }) => behind },
  {
    id: "time",
    title: "In time",
    isNumber: true,
    cell: ({ behindMs }) => sayBehindMs(behindMs),
    sort: ({ behindMs }) => behindMs ?? 0,
  },
  {
    id: "trend",
    title: "Trend",
    isNumber: true,
    cell: ({ trendPerSecond }) => (trendPerSecond === null ? "unknown" : perSecond(trendPerSecond)),
    sort: ({ trendPerSecond }) => trendPerSecond ?? 0,
  },
  {
    id: "catch-up",
    title: "Caught up",
    isNumber: true,
    cell: sayCatchUp,
    sort: ({ catchUpMs }) => catchUpMs ?? Number.MAX_VALUE,
  },
  { id: "limit", title: "Limit", isNumber: true, cell: ({ limit }) => (limit === null ? "none" : count(limit)) },
];

const handlerColumns: readonly TableColumn<Lag["handlers"][number]>[] = [
  {
    id: "handler",
    title: "Handler",
    cell: ({ service, handler }) => (
      <span className="mono">
        {service}/{handler}
      </span>
    ),
  },
  { id: "state", title: "State", cell: ({ state }) => state },
  { id: "behind", title: "Behind", isNumber: true, cell: ({ behind }) => (behind === null ? "unknown" : count(behind)) },
  { id: "problem", title: "Problem", isLong: true, cell: ({ problem }) => problem ?? "none" },
];
