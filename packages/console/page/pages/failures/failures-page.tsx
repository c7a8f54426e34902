import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Choice, TextField } from "../../parts/field.tsx";
import { Page } from "../../parts/page.tsx";
import { Note } from "../../parts/status.tsx";
import { counted } from "../../parts/say-number.ts";
import { Link } from "../../router/link.tsx";
import { useSearch, useTenant } from "../../router/location.ts";
import { paths } from "../../router/paths.ts";
import { LedHere } from "../lag/led-here.tsx";
import { useOwnService } from "../../session/use-session.tsx";
import { FailureList } from "./failure-list.tsx";
import { groupColumns } from "./group-columns.tsx";
import { openOf } from "./say-failure.ts";

const groupStates = { open: "Only with open ones", all: "All" } as const;

/** Failed events by their cause, or one by one. */
export function FailuresPage() {
  const [search] = useSearch();
  const view = search.get("view") === "list" ? "list" : "groups";
  return (
    <Page
      byTenant={view === "list" ? true : "failures ever and by hour are of all tenants; open ones are its alone."}
      title="Failures"
      say="Events that used up their retries, by what made them fail. Nothing is lost: each is kept until somebody answers it."
    >
      <LedHere />
      <nav className="tabs" aria-label="View">
        <Link to={paths.failures()} aria-current={view === "groups" ? "page" : undefined}>
          By cause
        </Link>
        <Link to={paths.failures({ view: "list" })} aria-current={view === "list" ? "page" : undefined}>
          One by one
        </Link>
      </nav>
      {view === "groups" ? <Groups /> : <FailureList />}
    </Page>
  );
}

function Groups() {
  const [search, change] = useSearch();
  const tenantId = useTenant();
  const own = useOwnService();
  const service = search.get("service") ?? own;
  const handler = search.get("handler") ?? "";
  const state = search.get("state") === "all" ? "all" : "open";
  const answer = useApi("/failure-groups", {
    query: { open: state === "open", tenantId, ...(service && { service }), ...(handler && { handler }) },
  });
  const index = useApi("/index");
  return (
    <>
      <div className="filters">
        <TextField label="Service" value={service} onChange={(text) => change({ service: text })} />
        <TextField label="Handler" value={handler} onChange={(text) => change({ handler: text })} />
        <Choice
          label="Causes"
          value={state}
          choices={groupStates}
          onChange={(text) => change({ state: text === "all" ? text : "" })}
        />
      </div>
      <Answer of={answer}>
        {({ items }) =>
          items.length > 0 ? (
            <>
              <p className="soft" role="status">
                {counted(items.length, "cause")},{" "}
                {counted(
                  items.reduce((sum, group) => sum + openOf(group), 0),
                  "open failure",
                )}
              </p>
              <DataTable label="Failures by cause" columns={groupColumns} rows={items} rowId={({ fingerprint }) => fingerprint} />
            </>
          ) : (
            <NoFailures
              isFiltered={service !== "" || handler !== "" || tenantId !== undefined}
              blind={index.data?.blind ?? null}
            />
          )
        }
      </Answer>
    </>
  );
}

const NoFailures = ({ isFiltered, blind }: { readonly isFiltered: boolean; readonly blind: string | null }) =>
  blind !== null ? (
    <Note tone="unknown">
      <p>Unknown: {blind}. Failures may stand in the log that are not here yet.</p>
    </Note>
  ) : (
    <Empty
      title={isFiltered ? "No failure is so" : "No failed events"}
      command={isFiltered ? undefined : "throughline failed --events <log>"}
    >
      {isFiltered
        ? "Take a filter away to see more."
        : "When a handler throws on an event and its retries are used up, the event stands here with its error, grouped by cause. The same on the command line:"}
    </Empty>
  );
