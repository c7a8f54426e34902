import { type SubmitEvent, useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import type { RedrivePlan } from "../../api/answers.ts";
import { type ApiProblem, send } from "../../api/client.ts";
import { Problem } from "../../parts/answer.tsx";
import { Button } from "../../parts/button.tsx";
import { Field, TextField } from "../../parts/field.tsx";
import { Section } from "../../parts/page.tsx";
import { count } from "../../parts/say-number.ts";
import { navigate } from "../../router/location.ts";
import { paths } from "../../router/paths.ts";
import { useWhyNotAct } from "../../session/use-session.tsx";
import { EnterKey } from "../../parts/enter-key.tsx";

/** As many as one looks at by hand. */
const few = 5;

/** How carefully, how fast, and why; then it is done. */
export function ConfirmPlan({ plan }: { readonly plan: RedrivePlan }) {
  const client = useQueryClient();
  const isDiscard = plan.action === "discard";
  const [reason, setReason] = useState("");
  const [rate, setRate] = useState("");
  const [isCanary, setCanary] = useState(!isDiscard && plan.total > few);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [isSending, setSending] = useState(false);
  const may = useWhyNotAct(plan.consumers.length === 1 ? plan.consumers[0]!.service : null);
  const whyNot =
    may ??
    (plan.total === 0
      ? "There is nothing to ask for."
      : isDiscard && reason.trim() === ""
        ? "Say why: it stays in the audit."
        : rate !== "" && !(Number(rate) > 0)
          ? "The rate is a number above zero."
          : isSending
            ? "It is being confirmed."
            : null);
  const confirm = async (): Promise<void> => {
    if (whyNot !== null) return;
    setProblem(null);
    setSending(true);
    try {
      const body = {
        ...(reason.trim() !== "" && { reason: reason.trim() }),
        ...(rate !== "" && { ratePerSecond: Number(rate) }),
        ...(!isDiscard && { isCanary }),
      };
      await send("POST", "/redrive-plans/{id}/confirm", { path: { id: plan.id }, body });
      await client.invalidateQueries();
      navigate(paths.job(plan.id));
    } catch (error) {
      setProblem(error as ApiProblem);
      setSending(false);
    }
  };
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    void confirm();
  };
  return (
    <Section title="Confirm">
      <form className="card stack" onSubmit={onSubmit}>
        <EnterKey />
        {!isDiscard && plan.total > 1 && (
          <label className="row">
            <input type="checkbox" checked={isCanary} onChange={({ target }) => setCanary(target.checked)} />
            <span>Carefully: first 1, then 5, then 50, then the rest; stop by itself when one fails again</span>
          </label>
        )}
        <div className="filters">
          {!isDiscard && plan.total > 1 && (
            <Field label="At most so many a second (empty: as fast as it goes)">
              <input className="input" inputMode="decimal" value={rate} onChange={({ target }) => setRate(target.value)} />
            </Field>
          )}
          <TextField label={isDiscard ? "Why they are discarded" : "Why (may stay empty)"} value={reason} onChange={setReason} />
        </div>
        {problem !== null && <Problem of={problem} />}
        <div className="row">
          <Button kind={isDiscard ? "harm" : "main-action"} onPress={() => void confirm()} whyNot={whyNot}>
            {isDiscard ? `Discard ${count(plan.total)}` : `Redrive ${count(plan.total)}`}
          </Button>
        </div>
      </form>
    </Section>
  );
}
