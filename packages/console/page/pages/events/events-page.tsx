import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Choice, TextField } from "../../parts/field.tsx";
import { Page } from "../../parts/page.tsx";
import { Pager } from "../../parts/pager.tsx";
import { counted } from "../../parts/say-number.ts";
import { Link } from "../../router/link.tsx";
import { useSearch } from "../../router/location.ts";
import { paths } from "../../router/paths.ts";
import { eventColumns } from "./event-columns.tsx";
import { EventTail } from "./event-tail.tsx";
import { eventFields, eventFilter } from "./event-filter.ts";

const orders = { newest: "Newest first", oldest: "Oldest first" } as const;

/** Events as they stand in the log, or as they come. */
export function EventsPage() {
  const [search, change] = useSearch();
  const isLive = search.get("view") === "live";
  const order = search.get("order") === "oldest" ? "oldest" : "newest";
  return (
    <Page title="Events" say="What stands in the log, as it was written." byTenant>
      <nav className="tabs" aria-label="View">
        <Link to={paths.events()} aria-current={isLive ? undefined : "page"}>
          In the log
        </Link>
        <Link to={paths.events({ view: "live" })} aria-current={isLive ? "page" : undefined}>
          As they come
        </Link>
      </nav>
      <div className="filters">
        {eventFields.map(([name, label, placeholder]) => (
          <TextField
            key={name}
            label={label}
            value={search.get(name) ?? ""}
            placeholder={placeholder}
            onChange={(text) => change({ [name]: text, cursor: undefined })}
          />
        ))}
        {!isLive && (
          <Choice
            label="Order"
            value={order}
            choices={orders}
            onChange={(text) => change({ order: text === "oldest" ? text : "", cursor: undefined })}
          />
        )}
      </div>
      {isLive ? <EventTail /> : <InTheLog order={order} />}
    </Page>
  );
}

function InTheLog({ order }: { readonly order: "newest" | "oldest" }) {
  const [search] = useSearch();
  const answer = useApi("/events", {
    query: { ...eventFilter(search), order, cursor: search.get("cursor") ?? undefined },
    everyMs: 0,
  });
  return (
    <Answer of={answer}>
      {({ items, next, looked }) => (
        <>
          <p className="soft" role="status">
            {counted(items.length, "event")}; {counted(looked.records, "record")} looked at
            {next !== null && ", and there are more to look at"}.
          </p>
          {items.length > 0 ? (
            <DataTable label="Events" columns={eventColumns} rows={items} rowId={({ key }) => key} />
          ) : next === null ? (
            <Empty title="No event is so" command="throughline events tail --from earliest --no-follow --events <log>">
              Events stand here as they were written, from every topic that holds events. The same on the command line:
            </Empty>
          ) : (
            <Empty title="None so far">The log is long: “More” looks on from where this look ended.</Empty>
          )}
          <Pager next={next} />
        </>
      )}
    </Answer>
  );
}
