import { useState } from "react";
import { Button } from "../../parts/button.tsx";
import { useWhyNotAct } from "../../session/use-session.tsx";
import { CommandDialog } from "./command-dialog.tsx";
import { type CommandKind, commandWords } from "./command-words.ts";

interface HandlerCommandsProps {
  readonly service: string;
  readonly handler: string;
  /** What it is told to do now. */
  readonly controls: readonly string[];
}

/** What on call can ask of a handler. */
export function HandlerCommands({ service, handler, controls }: HandlerCommandsProps) {
  const [command, setCommand] = useState<CommandKind | null>(null);
  const may = useWhyNotAct(service);
  const kinds: readonly CommandKind[] = controls.length > 0 ? ["resume", "limit"] : ["pause", "limit"];
  return (
    <span className="row">
      {kinds.map((kind) => (
        <Button key={kind} onPress={() => setCommand(kind)} whyNot={may} label={`${commandWords[kind].verb} ${handler}`}>
          {commandWords[kind].verb}
        </Button>
      ))}
      {command !== null && (
        <CommandDialog command={command} service={service} handler={handler} onClose={() => setCommand(null)} />
      )}
    </span>
  );
}
