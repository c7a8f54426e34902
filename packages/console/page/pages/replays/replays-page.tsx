import type { Replay } from "../../api/api-types.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Page } from "../../parts/page.tsx";
import { count } from "../../parts/say-number.ts";
import { duration } from "../../parts/say-time.ts";
import { Status } from "../../parts/status.tsx";
import { Time } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import { paths } from "../../router/paths.ts";
import { replayStates } from "./replay-words.ts";

/** Runs of handlers through history. */
export function ReplaysPage() {
  const answer = useApi("/replays", { everyMs: 2_000 });
  return (
    <Page
      byTenant="a replay runs through the history of all tenants."
      title="Replays"
      say="A handler runs through history again: to fill a new one, to rebuild what a mended one made, or to run it once more."
      actions={
        <Link className="button main-action" to={paths.newReplay()}>
          New replay
        </Link>
      }
    >
      <Answer of={answer}>
        {({ items }) =>
          items.length > 0 ? (
            <DataTable label="Replays" columns={columns} rows={items} rowId={({ id }) => id} />
          ) : (
            <Empty title="No replay was asked for" command="throughline replay <service> <handler> --dry-run">
              A replay stands here with how far it is and how long it still takes; it can be paused and cancelled. The same on the
              command line, first without doing it:
            </Empty>
          )
        }
      </Answer>
    </Page>
  );
}

const columns: readonly TableColumn<Replay>[] = [
  {
    id: "handler",
    title: "Handler",
    cell: ({ id, service, handler, kind }) => (
      <>
        <Link className="opens mono" to={paths.replay(id)}>
          {service}/{handler}
        </Link>
        <div className="soft">{kind}</div>
      </>
    ),
    sort: ({ service, handler }) => `${service}/${handler}`,
  },
  {
    id: "state",
    title: "State",
    cell: ({ state }) => <Status tone={replayStates[state].tone}>{replayStates[state].word}</Status>,
  },
  { id: "say", title: "How far", cell: ({ sentence }) => sentence },
  {
    id: "done",
    title: "Done",
    isNumber: true,
    cell: ({ done, total }) => `${count(done)} / ${total === null ? "?" : count(total)}`,
  },
  { id: "left", title: "Left", isNumber: true, cell: ({ remainingMs }) => (remainingMs === null ? "—" : duration(remainingMs)) },
  {
    id: "asked",
    title: "Asked",
    cell: ({ askedAtMs, by }) => (
      <>
        {askedAtMs === null ? "—" : <Time at={askedAtMs} />}
        <div className="soft">by {by ?? "unknown"}</div>
      </>
    ),
    sort: ({ askedAtMs }) => askedAtMs ?? 0,
  },
];
