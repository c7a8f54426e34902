import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { CommandReach } from "../../api/answers.ts";
import { type ApiProblem, send } from "../../api/client.ts";
import { ActionDialog } from "../../parts/action-dialog.tsx";
import { Answer } from "../../parts/answer.tsx";
import { Bones } from "../../parts/bones.tsx";
import { Choice, TextField } from "../../parts/field.tsx";
import { useSettled } from "../../parts/use-settled.ts";
import type { Ask } from "./ask.ts";
import { CommandOutcome } from "./command-outcome.tsx";
import { commandBody, type CommandForm, whyNotYet } from "./command-order.ts";
import { Reach } from "./command-reach.tsx";
import { commandWords, type Held, type Length, lengths, sayHeld, takesLength } from "./command-words.ts";

interface CommandDialogProps {
  readonly service: string;
  readonly ask: Ask;
  readonly onClose: () => void;
}

const heldBy = { subject: "one subject", tenant: "one tenant" } as const;

/** Asks a service for something: what it would touch, then why, then what became of it. */
export function CommandDialog({ service, ask: { command, handler, held: given }, onClose }: CommandDialogProps) {
  const [reason, setReason] = useState("");
  const [length, setLength] = useState<Length>("");
  const [rate, setRate] = useState("10");
  const [typed, setTyped] = useState<Held>({ by: "subject", name: "" });
  const [written, setWritten] = useState("");
  const name = handler === null ? service : `${service}/${handler}`;
  const { verb, about } = commandWords[command];
  const held = given ?? { ...typed, name: typed.name.trim() };
  const form: CommandForm = { command, service, handler, held, length, rate };
  const key = JSON.stringify(form);
  const settled = useSettled(key);
  const notYet = whyNotYet(form);
  const reach = useQuery<CommandReach, ApiProblem>({
    queryKey: ["/commands/reach", settled],
    queryFn: () => send("POST", "/commands/reach", { body: commandBody(JSON.parse(settled) as CommandForm, Date.now()) }),
    enabled: notYet === null && whyNotYet(JSON.parse(settled) as CommandForm) === null,
    // What was shown is what is confirmed.
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  // Of what is filled in now, not of what stood there a moment ago.
  const told = settled === key ? reach.data : undefined;
  const isForGood = command === "accept-loss";
  return (
    <ActionDialog
      title={`${verb}${isForGood || command === "unlimit" ? " of" : ""} ${given === undefined ? name : `${sayHeld(given)} for ${name}`}`}
      reach={
        <>
          <p className="soft">{about}</p>
          {notYet === null && (
            <Answer of={reach} bones={<Bones lines={2} />}>
              {(whole) => <Reach of={whole} />}
            </Answer>
          )}
        </>
      }
      confirm={verb}
      isHarm={command === "pause" || command === "hold" || isForGood}
      whyNot={
        notYet ??
        whyNotConfirmed(told) ??
        (isForGood && written !== name ? `Write ${name} to confirm it.` : null) ??
        (reason.trim() === "" ? "Say why: it stays in the audit." : null)
      }
      act={async () => {
        const { id } = await send("POST", "/commands", { body: { confirm: told!.confirm!, reason: reason.trim() } });
        return <CommandOutcome id={id} />;
      }}
      onClose={onClose}
    >
      {(command === "hold" || command === "release") && given === undefined && (
        <div className="filters">
          <Choice label="What" value={typed.by} choices={heldBy} onChange={(by) => setTyped({ ...typed, by })} />
          <TextField
            label={typed.by === "subject" ? "Which subject" : "Which tenant"}
            value={typed.name}
            onChange={(text) => setTyped({ ...typed, name: text })}
          />
        </div>
      )}
      {command === "limit" && <TextField label="Events a second" value={rate} onChange={setRate} />}
      {takesLength(command) && <Choice label="How long" value={length} choices={lengths} onChange={setLength} />}
      {isForGood && <TextField label={`To confirm it, write ${name}`} value={written} onChange={setWritten} />}
      <TextField label="Why" value={reason} onChange={setReason} />
    </ActionDialog>
  );
}

function whyNotConfirmed(told: CommandReach | undefined): string | null {
  if (told === undefined) return "It is being looked at what it would touch.";
  return told.confirm === null ? (told.refused[0] ?? "You may not ask for it.") : null;
}
