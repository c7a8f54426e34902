import type { OpenProblem } from "../../api/api-types.ts";
import { Link } from "../../router/link.tsx";
import { useTenant } from "../../router/location.ts";
import { PlanButton } from "../redrive/plan-button.tsx";
import { actionPath } from "./action-path.ts";
import { sentenceCase } from "./problem-words.ts";

interface ProblemActionsProps {
  readonly of: OpenProblem["actions"];
  /** Whose events they are; null: unknown. */
  readonly service: string | null;
  /** The first stands out. */
  readonly isLead?: boolean;
}

/** What can be done, each where it is done; a redrive begins with its plan at once, as on the page of its cause. */
export function ProblemActions({ of, service, isLead = false }: ProblemActionsProps) {
  const tenantId = useTenant();
  return of.map((action, at) => {
    const key = action.kind + action.target;
    const title = sentenceCase(action.title);
    if (action.kind === "redrive" && service !== null) {
      const query = { group: action.target, ...(tenantId !== undefined && { tenantId }) };
      return (
        <PlanButton key={key} plan={{ action: "redrive", selection: { query } }} service={service}>
          {`${title} …`}
        </PlanButton>
      );
    }
    return (
      <Link key={key} className={`button ${isLead && at === 0 ? "main-action" : ""}`} to={actionPath(action)}>
        {title}
      </Link>
    );
  });
}
