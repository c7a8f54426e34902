import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { CommandReach } from "../../api/answers.ts";
import { type ApiProblem, send } from "../../api/client.ts";
import { ActionDialog } from "../../parts/action-dialog.tsx";
import { Answer } from "../../parts/answer.tsx";
import { Bones } from "../../parts/bones.tsx";
import { Choice, TextField } from "../../parts/field.tsx";
import { count } from "../../parts/say-number.ts";
import { Note } from "../../parts/status.tsx";
import { CommandOutcome } from "./command-outcome.tsx";
import { type CommandKind, commandWords, type Length, lengths } from "./command-words.ts";

interface CommandDialogProps {
  readonly command: CommandKind;
  readonly service: string;
  /** Null: every handler. */
  readonly handler: string | null;
  readonly onClose: () => void;
}

/** Asks a service for something: what it would touch, then why, then what became of it. */
export function CommandDialog({ command, service, handler, onClose }: CommandDialogProps) {
  const [reason, setReason] = useState("");
  const [length, setLength] = useState<Length>("");
  const [rate, setRate] = useState("10");
  const { verb, about } = commandWords[command];
  const perSecond = Number(rate);
  const terms = { length: command === "resume" ? "" : length, perSecond: command === "limit" ? perSecond : null };
  const isReady = command !== "limit" || perSecond > 0;
  const reach = useQuery<CommandReach, ApiProblem>({
    queryKey: ["/commands/reach", command, service, handler, terms],
    queryFn: () =>
      send("POST", "/commands/reach", {
        body: {
          command,
          service,
          handler,
          ...(terms.perSecond !== null && { perSecond: terms.perSecond }),
          ...(terms.length !== "" && { untilMs: Date.now() + Number(terms.length) * 60_000 }),
        },
      }),
    enabled: isReady,
    // What was shown is what is confirmed.
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
  const confirm = reach.data?.confirm ?? null;
  return (
    <ActionDialog
      title={`${verb} ${handler === null ? service : `${service}/${handler}`}`}
      reach={
        <>
          <p className="soft">{about}</p>
          <Answer of={reach} bones={<Bones lines={2} />}>
            {(told) => <Reach of={told} />}
          </Answer>
        </>
      }
      confirm={verb}
      isHarm={command === "pause"}
      whyNot={
        !isReady
          ? "The limit is a number above zero."
          : confirm === null
            ? (reach.data?.refused[0] ??
              (reach.data === undefined ? "It is being looked at what it would touch." : "You may not ask for it."))
            : reason.trim() === ""
              ? "Say why: it stays in the audit."
              : null
      }
      act={async () => {
        const { id } = await send("POST", "/commands", { body: { confirm: confirm!, reason: reason.trim() } });
        return <CommandOutcome id={id} />;
      }}
      onClose={onClose}
    >
      {command === "limit" && <TextField label="Events a second" value={rate} onChange={setRate} />}
      {command !== "resume" && <Choice label="How long" value={length} choices={lengths} onChange={setLength} />}
      <TextField label="Why" value={reason} onChange={setReason} />
    </ActionDialog>
  );
}

const Reach = ({ of: { sentence, handlers, instances, warnings, refused } }: { readonly of: CommandReach }) => (
  <>
    <p>{sentence}</p>
    <p className="soft">
      {instances.length === 0 ? "No instance runs now." : `Applied by ${instances.join(", ")}.`}{" "}
      {handlers
        .map(
          ({ name, behind, parked, dead }) =>
            `${name}: ${behind === null ? "unknown" : count(behind)} behind, ${count(parked)} parked, ${count(dead)} failed`,
        )
        .join("; ")}
    </p>
    {warnings.map((warning) => (
      <Note key={warning} tone="warn">
        <p>{warning}</p>
      </Note>
    ))}
    {refused.map((why) => (
      <Note key={why} tone="bad">
        <p>{why}</p>
      </Note>
    ))}
  </>
);
