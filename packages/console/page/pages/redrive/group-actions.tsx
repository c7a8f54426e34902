import type { FailureGroup } from "../../api/api-types.ts";
import { count } from "../../parts/say-number.ts";
import { Link } from "../../router/link.tsx";
import { paths } from "../../router/paths.ts";
import { PlanButton } from "./plan-button.tsx";

/** What can be done with all open failures of a cause: first a plan. */
export function GroupActions({ group: { fingerprint, service, open } }: { readonly group: FailureGroup }) {
  const selection = { query: { group: fingerprint } };
  const whyNot = open === 0 ? "None is open." : null;
  return (
    <>
      <PlanButton plan={{ action: "redrive", selection }} service={service} kind="main-action" whyNot={whyNot}>
        {`Redrive ${count(open)} …`}
      </PlanButton>
      <Link className="button" to={paths.rehearse(fingerprint)}>
        Rehearse
      </Link>
      <PlanButton plan={{ action: "discard", selection }} service={service} kind="harm" whyNot={whyNot}>
        {`Discard ${count(open)} …`}
      </PlanButton>
    </>
  );
}
