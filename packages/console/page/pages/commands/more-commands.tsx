import { useState } from "react";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { useWhyNotAct } from "../../session/use-session.tsx";
import type { Ask } from "./ask.ts";
import { commandWords } from "./command-words.ts";
import { useAsking } from "./use-asking.tsx";

interface MoreCommandsProps {
  readonly service: string;
  /** Of whom: a service, or a handler by its name. */
  readonly name: string;
  readonly asks: readonly Ask[];
  /** What the button says. */
  readonly children: string;
}

/** All that can be asked, each with what it is for and why it cannot be asked now. */
export function MoreCommands({ service, name, asks, children }: MoreCommandsProps) {
  const [isOpen, setOpen] = useState(false);
  const { ask: choose, dialog } = useAsking(service);
  const may = useWhyNotAct(service);
  return (
    <>
      <Button onPress={() => setOpen(true)} label={`${children} ${name}`}>
        {children}
      </Button>
      {isOpen && (
        <Dialog title={`Ask of ${name}`} onClose={() => setOpen(false)}>
          <ul className="asks">
            {asks.map((ask) => (
              <li key={`${ask.command} ${ask.title ?? ""}`}>
                <p className="soft">{commandWords[ask.command].about}</p>
                <span className="row">
                  <Button
                    onPress={() => {
                      setOpen(false);
                      choose(ask);
                    }}
                    whyNot={may ?? ask.whyNot ?? null}
                  >
                    {ask.title ?? `${commandWords[ask.command].verb} …`}
                  </Button>
                </span>
              </li>
            ))}
          </ul>
        </Dialog>
      )}
      {dialog}
    </>
  );
}
