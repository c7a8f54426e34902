import { useState } from "react";
import { type ApiProblem, send } from "../../api/client.ts";
import { Problem } from "../../parts/answer.tsx";
import { Button } from "../../parts/button.tsx";
import { navigate } from "../../router/location.ts";
import { paths } from "../../router/paths.ts";
import { useWhyNotAct } from "../../session/use-session.tsx";
import type { PlanBody } from "../../api/answers.ts";

interface PlanButtonProps {
  readonly plan: PlanBody;
  /** Whose events they are; null: of several services. */
  readonly service: string | null;
  readonly children: string;
  readonly kind?: "main-action" | "harm";
  readonly whyNot?: string | null;
}

/** Asks for a plan, which does nothing yet, and shows it; that there is more to come is what the dots in its name say. */
export function PlanButton({ plan, service, children, kind, whyNot = null }: PlanButtonProps) {
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [isMaking, setMaking] = useState(false);
  const may = useWhyNotAct(service);
  const make = async (): Promise<void> => {
    setProblem(null);
    setMaking(true);
    try {
      navigate(paths.plan((await send("POST", "/redrive-plans", { body: plan })).id));
    } catch (error) {
      setProblem(error as ApiProblem);
    } finally {
      setMaking(false);
    }
  };
  return (
    <>
      <Button
        {...(kind && { kind })}
        onPress={() => void make()}
        whyNot={may ?? whyNot ?? (isMaking ? "The plan is being made." : null)}
      >
        {children}
      </Button>
      {problem !== null && <Problem of={problem} />}
    </>
  );
}
