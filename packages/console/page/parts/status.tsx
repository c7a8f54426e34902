import type { ReactNode } from "react";
import { Icon } from "./icons.tsx";
import type { Tone } from "./tone.ts";

export type { Tone };

/** A state as an icon and a word; the colour only helps. */
export const Status = ({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) => (
  <span className={`status tone-${tone}`}>
    <Icon name={tone} />
    <span>{children}</span>
  </span>
);

/** A sentence that must be seen. */
export const Note = ({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) => (
  <div className={`note tone-${tone}`} role={tone === "bad" ? "alert" : "status"}>
    <Icon name={tone} />
    <div className="stack">{children}</div>
  </div>
);
