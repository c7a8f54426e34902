import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { Bones } from "../../parts/bones.tsx";
import { Section } from "../../parts/page.tsx";
import type { Ask } from "./ask.ts";
import { asksOfHandler } from "./asks-of.ts";
import { CommandButtons } from "./command-buttons.tsx";
import { type Control, heldOf, standsFor } from "./controls.ts";
import type { Held } from "./command-words.ts";
import { MoreCommands } from "./more-commands.tsx";
import { StandingControls } from "./standing-controls.tsx";
import { useAsking } from "./use-asking.tsx";

interface StopForNowProps {
  readonly service: string;
  readonly handler: string;
  /** What can be held at once, where one event is looked at. */
  readonly holds?: readonly Held[];
}

/** What keeps a failure from doing more harm until it is mended, and what of that stands. */
export function StopForNow({ service, handler, holds = [] }: StopForNowProps) {
  const answer = useApi("/services/{name}", { path: { name: service } });
  const { ask, dialog } = useAsking(service);
  return (
    <Section title="Stop it for now" about={`asked of ${service}/${handler}; taken back at any time`}>
      <Answer of={answer} bones={<Bones lines={2} />}>
        {({ controls, handlers }) => {
          const state = handlers.find(({ name }) => name === handler)?.state ?? "unknown";
          const asks = asksOfHandler({ name: handler, state }, controls);
          const first = [...holds.map((held) => holdOf(held, handler, controls)), asks[0]!];
          return (
            <>
              <div className="row">
                <CommandButtons
                  service={service}
                  asks={first.map((one) => ({ ...one, title: one.title ?? pauseTitle(one) }))}
                  onAsk={ask}
                />
                <MoreCommands service={service} name={`${service}/${handler}`} asks={asks.slice(1)}>
                  More
                </MoreCommands>
              </div>
              <StandingControls service={service} of={controls.filter((control) => standsFor(control, handler))} />
            </>
          );
        }}
      </Answer>
      {dialog}
    </Section>
  );
}

const pauseTitle = ({ command }: Ask): string => (command === "resume" ? "Resume the handler …" : "Pause the handler …");

function holdOf(held: Held, handler: string, controls: readonly Control[]): Ask {
  const stands = controls.some((control) => {
    const one = heldOf(control);
    return standsFor(control, handler) && one?.by === held.by && one.name === held.name;
  });
  const title = held.by === "subject" ? "Hold its subject …" : `Hold tenant ${held.name} …`;
  return { command: "hold", handler, held, title, whyNot: stands ? "It is held already." : null };
}
