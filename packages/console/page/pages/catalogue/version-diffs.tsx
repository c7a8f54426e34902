import type { Contract } from "../../api/answers.ts";
import { Section } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";

/** What changed from one version to the next, and whom that breaks. */
export const VersionDiffs = ({ of }: { readonly of: Contract["diffs"] }) =>
  of.length === 0 ? null : (
    <Section title="Differences" about="from version to version">
      {of.map(({ from, to, fields, breaks }) => (
        <div key={`${from} ${to}`} className="card stack">
          <div className="row">
            <h3>
              {from} to {to}
            </h3>
            <Compatibility breaks={breaks} />
          </div>
          <ul className="stack">
            {fields.map(({ path, change, before, after }) => (
              <li key={path + change}>
                {signs[change]} <span className="mono">{path}</span> {change}
                {change === "changed" && (
                  <>
                    : <del className="mono">{before}</del> to <ins className="mono">{after}</ins>
                  </>
                )}
              </li>
            ))}
            {breaks?.map(({ direction, path, message }) => (
              <li key={direction + path + message}>
                <Status tone="bad">
                  {direction === "backward" ? "New readers break on old events" : "Old readers break on new events"}
                </Status>{" "}
                <span className="mono">{path}</span> {message}
              </li>
            ))}
          </ul>
        </div>
      ))}
    </Section>
  );

const signs = { added: "+", removed: "−", changed: "~" } as const;

function Compatibility({ breaks }: { readonly breaks: Contract["diffs"][number]["breaks"] }) {
  if (breaks === null) return <Status tone="unknown">Nobody proved whether it breaks anything</Status>;
  return breaks.length === 0 ? <Status tone="good">Breaks nothing</Status> : <Status tone="bad">Breaks</Status>;
}
