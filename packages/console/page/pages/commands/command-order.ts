import type { PostRoutes } from "../../api/api-types.ts";
import { type CommandKind, type Held, type Length, takesLength } from "./command-words.ts";

export type CommandBody = PostRoutes["/commands/reach"]["body"];

/** What somebody filled in. */
export interface CommandForm {
  readonly command: CommandKind;
  readonly service: string;
  /** Null: every handler. */
  readonly handler: string | null;
  readonly held: Held;
  readonly length: Length;
  readonly rate: string;
}

/** Why it cannot be asked what it would touch yet; null when it can. */
export function whyNotYet({ command, held, rate }: CommandForm): string | null {
  if (command === "limit" && !(Number(rate) > 0)) return "The limit is a number above zero.";
  const needsHeld = command === "hold" || command === "release";
  return needsHeld && held.name === "" ? `Say which ${held.by}.` : null;
}

/** The question what it would touch. */
export function commandBody({ command, service, handler, held, length, rate }: CommandForm, nowMs: number): CommandBody {
  const about = { service, handler };
  const until = takesLength(command) && length !== "" ? { untilMs: nowMs + Number(length) * 60_000 } : {};
  switch (command) {
    case "limit":
      return { command, ...about, ...until, perSecond: Number(rate) };
    case "unlimit":
      return { command: "limit", ...about, perSecond: null };
    case "hold":
    case "release":
      return { command, ...about, ...until, [held.by]: held.name };
    default:
      return { command, ...about, ...until };
  }
}
