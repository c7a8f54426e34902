import { counted } from "../../parts/say-number.ts";
import { PlanButton } from "./plan-button.tsx";

interface ChosenActionsProps {
  readonly chosen: ReadonlySet<string>;
  /** Null: of several services, or unknown. */
  readonly service: string | null;
}

/** What can be done with the failures that were chosen in a list. */
export function ChosenActions({ chosen, service }: ChosenActionsProps) {
  const failureIds = [...chosen];
  const whyNot = failureIds.length === 0 ? "Choose some in the list first." : null;
  return (
    <div className="row" role="group" aria-label="With those that are chosen">
      <span className="soft number">{counted(failureIds.length, "failure")} chosen</span>
      <PlanButton plan={{ action: "redrive", selection: { failureIds } }} service={service} whyNot={whyNot}>
        Redrive these …
      </PlanButton>
      <PlanButton plan={{ action: "discard", selection: { failureIds } }} service={service} whyNot={whyNot} kind="harm">
        Discard these …
      </PlanButton>
    </div>
  );
}
