import { useApi } from "../api/use-api.ts";
import { count } from "../parts/say-number.ts";
import { Status } from "../parts/status.tsx";

interface IndexStateProps {
  /** On a narrow screen only what is not well is worth its room. */
  readonly isQuiet?: boolean;
}

/** Whether what the page shows can be trusted: how far the index of the log is. */
export function IndexState({ isQuiet = false }: IndexStateProps) {
  const { data, error } = useApi("/index");
  if (isQuiet && error === null && (data === undefined || (data.blind === null && data.problem === null))) return null;
  if (error !== null) return <Status tone="bad">No answer</Status>;
  if (data === undefined)
    return <span className="bone" style={{ width: "7rem", height: "1.4rem" }} role="status" aria-label="Loading" />;
  if (data.blind !== null) return <Status tone="unknown">Unknown: {data.blind}</Status>;
  if (data.problem !== null) return <Status tone="warn">{data.problem}</Status>;
  return data.behind > 0 ? <Status tone="calm">{count(data.behind)} to index</Status> : <Status tone="good">Up to date</Status>;
}
