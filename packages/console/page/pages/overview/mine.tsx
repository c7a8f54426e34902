import { useState } from "react";
import type { OpenProblem } from "../../api/api-types.ts";
import { send } from "../../api/client.ts";
import { ActionDialog } from "../../parts/action-dialog.tsx";
import { Button } from "../../parts/button.tsx";
import { TextField } from "../../parts/field.tsx";
import { useWhyNotAct } from "../../session/use-session.tsx";

/** "Mine": says who looks after a problem, so that not two do. */
export function Mine({ problem }: { readonly problem: OpenProblem }) {
  const [isOpen, setOpen] = useState(false);
  const may = useWhyNotAct(problem.service);
  return (
    <>
      <Button
        onPress={() => setOpen(true)}
        whyNot={may ?? sayTaken(problem)}
        label={`Mine: ${problem.sentence}`}
        about="Say that you look after it, so that not two do"
      >
        Mine
      </Button>
      {isOpen && <Take problem={problem} onClose={() => setOpen(false)} />}
    </>
  );
}

/** Whose it is already. */
const sayTaken = ({ acknowledged }: OpenProblem): string | null =>
  acknowledged === null ? null : `${acknowledged.by} has it${acknowledged.note === null ? "." : `: ${acknowledged.note}`}`;

function Take({ problem, onClose }: { readonly problem: OpenProblem; readonly onClose: () => void }) {
  const [note, setNote] = useState("");
  return (
    <ActionDialog
      title="Take this problem"
      reach={
        <>
          <p>{problem.sentence}</p>
          <p className="soft">The others see that you have it. Nothing changes for services; it stays open until it is mended.</p>
        </>
      }
      confirm="It is mine"
      act={async () => {
        const { acknowledged } = await send("POST", "/overview/problems/{id}/acknowledgement", {
          path: { id: problem.id },
          body: note.trim() === "" ? {} : { note: note.trim() },
        });
        return <p>{acknowledged?.by} has it now. It stands in the audit.</p>;
      }}
      onClose={onClose}
    >
      <TextField label="What the others should know (may stay empty)" value={note} onChange={setNote} />
    </ActionDialog>
  );
}
