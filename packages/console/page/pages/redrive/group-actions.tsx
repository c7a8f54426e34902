import type { FailureGroup } from "../../api/api-types.ts";
import { count } from "../../parts/say-number.ts";
import { Link } from "../../router/link.tsx";
import { useTenant } from "../../router/location.ts";
import { paths } from "../../router/paths.ts";
import { openOf } from "../failures/say-failure.ts";
import { isRedriveFirst } from "./say-plan.ts";
import { PlanButton } from "./plan-button.tsx";

/** What can be done with all open failures of a cause, or with those of the tenant that was chosen: first a plan. */
export function GroupActions({ group }: { readonly group: FailureGroup }) {
  const { fingerprint, service } = group;
  const tenantId = useTenant();
  const selection = { query: { group: fingerprint, ...(tenantId !== undefined && { tenantId }) } };
  const open = openOf(group);
  const whyNot = open === 0 ? "None is open." : null;
  const whose = tenantId === undefined ? "" : ` of ${tenantId}`;
  return (
    <>
      <PlanButton
        plan={{ action: "redrive", selection }}
        service={service}
        {...(isRedriveFirst(group.runsNow) && { kind: "main-action" })}
        whyNot={whyNot}
      >
        {`Redrive ${count(open)}${whose} …`}
      </PlanButton>
      <Link className="button" to={paths.rehearse(fingerprint)}>
        Rehearse
      </Link>
      <PlanButton plan={{ action: "discard", selection }} service={service} kind="harm" whyNot={whyNot}>
        {`Discard ${count(open)}${whose} …`}
      </PlanButton>
    </>
  );
}
