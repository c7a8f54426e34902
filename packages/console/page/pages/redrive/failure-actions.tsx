import type { WholeFailure } from "../../api/answers.ts";
import { Link } from "../../router/link.tsx";
import { paths } from "../../router/paths.ts";
import { PlanButton } from "./plan-button.tsx";
import { isRedriveFirst } from "./say-plan.ts";

/** What can be done with one failure: first a plan. */
export function FailureActions({ of: { failure, runsNow } }: { readonly of: WholeFailure }) {
  const { failureId, service, state, asked, answer } = failure;
  const selection = { failureIds: [failureId] };
  const whyNot =
    state === "open"
      ? null
      : state === "asked"
        ? `${asked?.by ?? "Somebody"} asked already; it is not answered yet.`
        : answer === "dead"
          ? "It failed again, in another failure of its event."
          : `It is ${answer ?? "answered"} already.`;
  return (
    <>
      <PlanButton
        plan={{ action: "redrive", selection }}
        service={service}
        {...(isRedriveFirst(runsNow) && { kind: "main-action" })}
        whyNot={whyNot}
      >
        Redrive …
      </PlanButton>
      {whyNot === null && (
        <Link className="button" to={paths.edit(failureId)}>
          Edit and redrive
        </Link>
      )}
      <PlanButton plan={{ action: "discard", selection }} service={service} kind="harm" whyNot={whyNot}>
        Discard …
      </PlanButton>
    </>
  );
}
