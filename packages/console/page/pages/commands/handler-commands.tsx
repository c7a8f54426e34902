import type { Service } from "../../api/answers.ts";
import { asksOfHandler } from "./asks-of.ts";
import { CommandButtons } from "./command-buttons.tsx";
import { commandWords } from "./command-words.ts";
import type { Control } from "./controls.ts";
import { MoreCommands } from "./more-commands.tsx";
import { useAsking } from "./use-asking.tsx";

interface HandlerCommandsProps {
  readonly service: string;
  readonly handler: Pick<Service["handlers"][number], "name" | "state">;
  /** What the service is told to do now. */
  readonly controls: readonly Control[];
}

/** What on call asks of a handler most, and behind it the rest. */
export function HandlerCommands({ service, handler, controls }: HandlerCommandsProps) {
  const { ask, dialog } = useAsking(service);
  const asks = asksOfHandler(handler, controls);
  const lost = asks.filter(({ command, whyNot }) => command === "accept-loss" && whyNot === null);
  const shown = [asks[0]!, ...lost];
  return (
    <span className="row">
      <CommandButtons
        service={service}
        asks={shown.map((one) => ({ ...one, label: `${commandWords[one.command].verb} ${handler.name}` }))}
        onAsk={ask}
      />
      <MoreCommands service={service} name={handler.name} asks={asks.filter((one) => !shown.includes(one))}>
        More
      </MoreCommands>
      {dialog}
    </span>
  );
}
