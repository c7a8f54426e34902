import type { Overview } from "../../api/answers.ts";
import type { OpenProblem } from "../../api/api-types.ts";
import { Facts } from "../../parts/facts.tsx";
import { count } from "../../parts/say-number.ts";
import { Status } from "../../parts/status.tsx";
import { Ago } from "../../parts/time.tsx";
import { Mine } from "./mine.tsx";
import { ProblemActions } from "./problem-actions.tsx";
import { severities } from "./problem-words.ts";

interface WorstProps {
  readonly of: Overview;
  /** Null: nothing is broken, as far as anybody knows. */
  readonly worst: OpenProblem | null;
}

/** The worst that is open, in a sentence, with what can be done. */
export function Worst({ of: { headline, blind }, worst }: WorstProps) {
  const tone = worst === null ? (blind === null ? "good" : "unknown") : severities[worst.severity].tone;
  return (
    <section className={`lead tone-${tone}`} aria-label="What is broken">
      {worst !== null && (
        <div className="row">
          <Status tone={tone}>{severities[worst.severity].word}</Status>
          {worst.acknowledged !== null && (
            <span className="soft">
              {worst.acknowledged.by} has it{worst.acknowledged.note !== null && `: ${worst.acknowledged.note}`}
            </span>
          )}
        </div>
      )}
      <p className="sentence" role="status">
        {worst?.sentence ?? headline}
      </p>
      {worst !== null && (
        <>
          <Facts of={factsOf(worst)} />
          <div className="row">
            <ProblemActions of={worst.actions} service={worst.service} isLead />
            <Mine problem={worst} />
          </div>
        </>
      )}
    </section>
  );
}

const factsOf = ({ count: many, trend, sinceMs, sinceVersion, owner }: OpenProblem) =>
  [
    ["How many", many === null ? null : `${count(many)}${trend === null ? "" : `, ${trend}`}`],
    ["Since", sinceMs === null && sinceVersion === null ? null : <Since key="since" atMs={sinceMs} version={sinceVersion} />],
    ["Owner", owner ?? "nobody that it told"],
  ] as const;

const Since = ({ atMs, version }: { readonly atMs: number | null; readonly version: string | null }) => (
  <>
    {version !== null && (
      <>
        version <span className="mono">{version}</span>
        {atMs !== null && ", "}
      </>
    )}
    {atMs !== null && <Ago at={atMs} />}
  </>
);
