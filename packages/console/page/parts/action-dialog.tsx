import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, type SubmitEvent, useState } from "react";
import type { ApiProblem } from "../api/client.ts";
import { Problem } from "./answer.tsx";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Note } from "./status.tsx";
import { EnterKey } from "./enter-key.tsx";

interface ActionDialogProps {
  readonly title: string;
  /** What it would touch, before anybody decides. */
  readonly reach: ReactNode;
  /** What the button that does it says. */
  readonly confirm: string;
  readonly isHarm?: boolean;
  /** Why it cannot be done as it is filled in. */
  readonly whyNot?: string | null;
  /** Does it, and says what came of it. */
  readonly act: () => Promise<ReactNode>;
  readonly onClose: () => void;
  /** What has to be filled in. */
  readonly children?: ReactNode;
}

type State = { readonly is: "asking" | "acting" } | { readonly is: "done"; readonly outcome: ReactNode };

/** Every action has this shape: what it would touch, what it needs, then what came of it. */
export function ActionDialog({
  title,
  reach,
  confirm,
  isHarm = false,
  whyNot = null,
  act,
  onClose,
  children,
}: ActionDialogProps) {
  const client = useQueryClient();
  const [state, setState] = useState<State>({ is: "asking" });
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const submit = async (): Promise<void> => {
    if (whyNot !== null || state.is === "acting") return;
    setProblem(null);
    setState({ is: "acting" });
    try {
      const outcome = await act();
      setState({ is: "done", outcome });
      await client.invalidateQueries();
    } catch (error) {
      setProblem(error as ApiProblem);
      setState({ is: "asking" });
    }
  };
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    void submit();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {state.is === "done" ? (
        <>
          <Note tone="good">{state.outcome}</Note>
          <footer>
            <Button onPress={onClose}>Close</Button>
          </footer>
        </>
      ) : (
        <form className="stack" onSubmit={onSubmit}>
          <EnterKey />
          <div className="stack">{reach}</div>
          {children}
          {problem !== null && <Problem of={problem} />}
          <footer>
            <Button kind="quiet" onPress={onClose}>
              Leave it
            </Button>
            <Button
              kind={isHarm ? "harm" : "main-action"}
              whyNot={state.is === "acting" ? "It is being done." : whyNot}
              onPress={() => void submit()}
            >
              {confirm}
            </Button>
          </footer>
        </form>
      )}
    </Dialog>
  );
}
