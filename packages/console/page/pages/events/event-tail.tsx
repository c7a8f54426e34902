import { useEffect, useState } from "react";
import type { LoggedRecord } from "../../api/api-types.ts";
import { apiUrl } from "../../api/client.ts";
import { type LiveState, openLive } from "../../api/open-live.ts";
import { Button } from "../../parts/button.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { counted } from "../../parts/say-number.ts";
import { Status } from "../../parts/status.tsx";
import { useSearch } from "../../router/location.ts";
import { eventColumns } from "./event-columns.tsx";
import { eventFilter } from "./event-filter.ts";

/** More than anybody reads; the older ones go. */
const mostShown = 200;

interface Tail {
  readonly events: readonly LoggedRecord[];
  readonly leftOut: number;
}
const nothing: Tail = { events: [], leftOut: 0 };

/** Events as they come, the newest first. */
export function EventTail() {
  const [search] = useSearch();
  const [isPaused, pause] = useState(false);
  const [state, setState] = useState<LiveState>("connecting");
  const [{ events, leftOut }, setTail] = useState(nothing);
  const url = apiUrl("/events/live", { query: eventFilter(search) });
  useEffect(() => {
    if (isPaused) return undefined;
    return openLive(url, {
      on: {
        event: (data) =>
          setTail((before) => ({ ...before, events: [data as LoggedRecord, ...before.events].slice(0, mostShown) })),
        "left-out": (data) => {
          const { count } = data as { count: number };
          setTail((before) => ({ ...before, leftOut: before.leftOut + count }));
        },
      },
      tell: setState,
    });
  }, [url, isPaused]);
  useEffect(() => setTail(nothing), [url]);
  return (
    <>
      <div className="row">
        {isPaused ? (
          <Status tone="calm">Stopped</Status>
        ) : (
          <Status tone={state === "live" ? "good" : state === "lost" ? "unknown" : "calm"}>
            {state === "live" ? "Live" : state === "lost" ? "Not live: connecting again" : "Connecting"}
          </Status>
        )}
        <Button onPress={() => pause(!isPaused)}>{isPaused ? "Go on" : "Stop"}</Button>
        {leftOut > 0 && <span className="soft">{counted(leftOut, "event")} more came than can be shown.</span>}
      </div>
      {events.length > 0 ? (
        <DataTable label="Events as they come" columns={eventColumns} rows={events} rowId={({ key }) => key} />
      ) : (
        <Empty title="None has come yet" command="throughline events tail --events <log>">
          Each event stands here within a second of being written. The same on the command line:
        </Empty>
      )}
    </>
  );
}
