import { Button } from "../../parts/button.tsx";
import { useWhyNotAct } from "../../session/use-session.tsx";
import type { Ask } from "./ask.ts";
import { commandWords, sayHeld } from "./command-words.ts";

interface CommandButtonsProps {
  readonly service: string;
  readonly asks: readonly Ask[];
  readonly onAsk: (ask: Ask) => void;
}

/** Buttons that ask one service for something. */
export function CommandButtons({ service, asks, onAsk }: CommandButtonsProps) {
  const may = useWhyNotAct(service);
  return asks.map((ask) => (
    <Button
      key={`${ask.command} ${ask.handler} ${ask.held === undefined ? "" : sayHeld(ask.held)}`}
      onPress={() => onAsk(ask)}
      whyNot={may ?? ask.whyNot ?? null}
      {...(ask.label !== undefined && { label: ask.label })}
    >
      {ask.title ?? commandWords[ask.command].verb}
    </Button>
  ));
}
