import type { Failure } from "../../api/api-types.ts";
import type { TableColumn } from "../../parts/data-table.tsx";
import { Status } from "../../parts/status.tsx";
import { Time } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import { paths } from "../../router/paths.ts";
import { stateOf } from "./say-failure.ts";

export const failureColumns: readonly TableColumn<Failure>[] = [
  {
    id: "event",
    title: "Event",
    cell: ({ failureId, type, subject }) => (
      <>
        <Link className="opens mono" to={paths.failure(failureId)}>
          {type ?? "unreadable record"}
        </Link>
        <div className="soft">
          of <span className="mono">{subject ?? "no subject"}</span>
        </div>
      </>
    ),
    sort: ({ type }) => type ?? "",
  },
  {
    id: "where",
    title: "Handler",
    cell: ({ service, handler, version }) => (
      <>
        <span className="mono">
          {service}/{handler}
        </span>
        <div className="soft">version {version}</div>
      </>
    ),
    sort: ({ service, handler }) => `${service}/${handler}`,
  },
  {
    id: "error",
    title: "Error",
    cell: ({ error }) => (
      <span className="clip">
        {error.code ?? error.name}: {error.message}
      </span>
    ),
  },
  { id: "at", title: "Failed", cell: ({ failedAtMs }) => <Time at={failedAtMs} />, sort: ({ failedAtMs }) => failedAtMs },
  {
    id: "state",
    title: "State",
    cell: (failure) => {
      const { tone, word } = stateOf(failure);
      return (
        <>
          <Status tone={tone}>{word}</Status>
          {failure.holdsSubject && failure.state === "open" && <div className="soft">holds its subject</div>}
        </>
      );
    },
    sort: ({ state }) => state,
  },
];
