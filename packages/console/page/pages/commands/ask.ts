import type { CommandKind, Held } from "./command-words.ts";

/** One thing that can be asked for. */
export interface Ask {
  readonly command: CommandKind;
  /** Null: every handler. */
  readonly handler: string | null;
  /** What is held or released; without it, the dialog asks for it. */
  readonly held?: Held | undefined;
  /** What the button says; default: the verb. */
  readonly title?: string;
  /** What it is called for those who do not see where it stands. */
  readonly label?: string;
  readonly whyNot?: string | null;
}
