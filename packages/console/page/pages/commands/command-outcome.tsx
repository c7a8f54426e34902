import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { Bones } from "../../parts/bones.tsx";
import { Status } from "../../parts/status.tsx";

/** What became of what was asked, followed until every instance that runs has said so. */
export function CommandOutcome({ id }: { readonly id: string }) {
  const answer = useApi("/commands/{id}", { path: { id }, everyMs: 1_000 });
  return (
    <Answer of={answer} bones={<Bones lines={1} />}>
      {({ state, sentence, answer: said, appliedBy, waitingFor }) => (
        <>
          <p>
            <Status tone={state === "refused" ? "bad" : state === "asked" || waitingFor.length > 0 ? "warn" : "good"}>
              {state === "refused"
                ? "Refused"
                : state === "asked"
                  ? "Asked"
                  : waitingFor.length > 0
                    ? "Partly applied"
                    : "Applied"}
            </Status>{" "}
            {said ?? sentence}
          </p>
          <p className="soft">
            {appliedBy.length > 0 && `Applied by ${appliedBy.join(", ")}. `}
            {waitingFor.length > 0 && `Not said yet by ${waitingFor.join(", ")}.`}
          </p>
        </>
      )}
    </Answer>
  );
}
