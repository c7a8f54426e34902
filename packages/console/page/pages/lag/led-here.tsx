import type { Incident } from "../../api/api-types.ts";
import { useApi } from "../../api/use-api.ts";
import { Note } from "../../parts/status.tsx";
import { Ago } from "../../parts/time.tsx";
import { useSearch } from "../../router/location.ts";
import { Acknowledge } from "./acknowledge.tsx";
import { sayIncident } from "./say-lag.ts";

/** Whoever came by the link of an alert: what it told, whether that still is so, and "mine". */
export function LedHere() {
  const [search] = useSearch();
  const id = search.get("incident");
  return id === null ? null : <Led id={id} />;
}

function Led({ id }: { readonly id: string }) {
  const { data, error } = useApi("/incidents/{id}", { path: { id } });
  if (error !== null && data === undefined)
    return (
      <Note tone="unknown">
        <p>The alert that led here is not known any more: {error.message}</p>
      </Note>
    );
  if (data === undefined) return <div className="bone" style={{ height: "3.5rem" }} role="status" aria-label="Loading" />;
  const { incident } = data;
  return (
    <Note tone={toneOf(incident)}>
      <div className="row">
        <p>
          An alert led here, of <Ago at={incident.openedAtMs} />: {sayIncident(incident)}. {sayState(incident)}
        </p>
        <Acknowledge incident={incident} />
      </div>
    </Note>
  );
}

const toneOf = ({ endedAtMs, acknowledgement }: Incident) =>
  endedAtMs !== null ? "good" : acknowledgement === null ? "bad" : "warn";

function sayState({ endedAtMs, acknowledgement }: Incident) {
  if (endedAtMs !== null)
    return (
      <>
        It ended <Ago at={endedAtMs} />.
      </>
    );
  return acknowledgement === null ? "Nobody has taken it." : `${acknowledgement.by} has it.`;
}
