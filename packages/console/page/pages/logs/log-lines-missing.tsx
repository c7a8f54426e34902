import { count } from "../../parts/say-number.ts";
import { Note } from "../../parts/status.tsx";
import { Time } from "../../parts/time.tsx";
import type { FlowLogs } from "./log-lines.tsx";

/** Why lines may be missing: services that ship none, lines that were dropped, and those that are too many for a page. */
export function LogLinesMissing({ of: { services, gaps, next, blind } }: { readonly of: FlowLogs }) {
  const silent = services.filter(({ ships }) => ships === "no").map(({ service }) => service);
  return (
    <>
      {next !== null && (
        <Note tone="unknown">
          <p>There are more lines than are shown here. A level or a text leaves fewer.</p>
        </Note>
      )}
      {gaps.map(({ service, instance, count: lines, fromMs, toMs }) => (
        <Note key={`${instance}/${fromMs}/${toMs}`} tone="unknown">
          <p>
            {service} ({instance}) dropped {count(lines)} log lines between <Time at={fromMs} /> and <Time at={toMs} />; some may
            have been of this flow. They stand in its own log.
          </p>
        </Note>
      ))}
      {blind !== null && (
        <Note tone="unknown">
          <p>Unknown: {blind}, so lines may still come.</p>
        </Note>
      )}
      {silent.length > 0 && (
        <p className="soft">
          {silent.join(", ")} {silent.length === 1 ? "does" : "do"} not ship {silent.length === 1 ? "its" : "their"} log lines.{" "}
          <code>log: {"{ ship: true }"}</code> in <code>createService</code> does.
        </p>
      )}
    </>
  );
}
