import type { Service } from "../../api/answers.ts";
import type { Ask } from "./ask.ts";
import { sayHeld } from "./command-words.ts";
import { type Control, heldOf, standsFor } from "./controls.ts";

type Handler = Pick<Service["handlers"][number], "name" | "state">;

/** All that can be asked of one handler, the likeliest first. */
export function asksOfHandler({ name: handler, state }: Handler, controls: readonly Control[]): readonly Ask[] {
  const standing = controls.filter((control) => standsFor(control, handler));
  const own = (kind: Control["kind"]): Control | undefined => standing.find((one) => one.kind === kind && one.handler !== null);
  const isPaused = standing.some(({ kind }) => kind === "pause");
  return [
    isPaused
      ? { command: "resume", handler, whyNot: own("pause") ? null : "All of the service is paused: resume that." }
      : { command: "pause", handler },
    { command: "limit", handler },
    { command: "unlimit", handler, whyNot: own("limit") ? null : "It is not limited." },
    { command: "hold", handler },
    ...releases(
      standing.filter((one) => one.handler === handler),
      handler,
    ),
    {
      command: "accept-loss",
      handler,
      whyNot: state === "stopped" ? null : "It has not stopped, so it has lost nothing.",
    },
  ];
}

/** All that can be asked of every handler of a service at once. A limit and a loss are one handler's. */
export function asksOfService(controls: readonly Control[]): readonly Ask[] {
  const isPaused = controls.some(({ kind }) => kind === "pause");
  return [
    { command: "pause", handler: null, title: "Pause all its handlers …" },
    { command: "resume", handler: null, title: "Resume all its handlers …", whyNot: isPaused ? null : "None of them is paused." },
    { command: "hold", handler: null },
    ...releases(controls, null),
  ];
}

function releases(holds: readonly Control[], handler: string | null): readonly Ask[] {
  const held = holds.flatMap((control) => heldOf(control) ?? []);
  // Of all of a service: what is held for one handler, too.
  const each = held.filter((one, at) => held.findIndex((other) => sayHeld(other) === sayHeld(one)) === at);
  if (each.length === 0) return [{ command: "release", handler, whyNot: "Nothing of it is held." }];
  return each.map((one) => ({ command: "release", handler, held: one, title: `Release ${sayHeld(one)} …` }));
}
