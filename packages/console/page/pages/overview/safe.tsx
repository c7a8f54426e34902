import type { Overview } from "../../api/answers.ts";
import { Status } from "../../parts/status.tsx";
import { ProblemActions } from "./problem-actions.tsx";

/** What harms nothing, and what should wait, each with why. */
export const Safe = ({ of: { safe, blind, broken } }: { readonly of: Overview }) =>
  safe.length === 0 ? (
    <p className="card">{blind === null ? "Nothing needs doing." : `Unknown: ${blind}.`}</p>
  ) : (
    <ul className="card stack">
      {safe.map(({ isSafe, sentence, problem, action }) => (
        <li key={sentence} className="stack">
          <span>
            <Status tone={isSafe ? "good" : "warn"}>{isSafe ? "Safe" : "Wait"}</Status> {sentence}
          </span>
          {action !== null && (
            <span className="row">
              <ProblemActions of={[action]} service={broken.find(({ id }) => id === problem)?.service ?? null} />
            </span>
          )}
        </li>
      ))}
    </ul>
  );
