import type { Service } from "../../api/answers.ts";
import type { Ask } from "./ask.ts";
import type { Held } from "./command-words.ts";

/** A pause, a limit or a hold that stands. */
export type Control = Service["controls"][number];

/** What a hold holds; null for what is no hold. */
export function heldOf({ kind, subject, tenant }: Control): Held | null {
  if (kind !== "hold") return null;
  return subject === null ? { by: "tenant", name: tenant ?? "" } : { by: "subject", name: subject };
}

/** What takes a control back, for whom it stands and nobody else. */
export function endOf(control: Control): Ask {
  const { kind, handler, sentence } = control;
  const label = `End it: ${sentence}`;
  const held = heldOf(control);
  if (held !== null) return { command: "release", handler, held, label };
  return { command: kind === "pause" ? "resume" : "unlimit", handler, label };
}

/** Whether a control stands for a handler: for it alone, or for all. */
export const standsFor = ({ handler }: Pick<Control, "handler">, name: string): boolean => handler === null || handler === name;
