import { useSearch } from "../../router/location.ts";
import type { Ask } from "./ask.ts";
import { CommandDialog } from "./command-dialog.tsx";
import { type CommandKind, commandWords } from "./command-words.ts";
import { type Control, endOf } from "./controls.ts";

const isCommand = (text: string | null): text is CommandKind => text !== null && text in commandWords;

/** The dialog that an address asks for, as the overview's actions do: it shows what would be touched, and does nothing by itself. */
export function AskedInAddress({ service, controls }: { readonly service: string; readonly controls: readonly Control[] }) {
  const [search, change] = useSearch();
  const command = search.get("ask");
  if (!isCommand(command)) return null;
  const handler = search.get("handler");
  // What is to be taken back is what stands; where that is not one alone, it is asked for.
  const kinds: readonly string[] = command === "release" ? ["hold"] : command === "resume" ? ["pause", "limit"] : [];
  const standing = controls.filter((control) => kinds.includes(control.kind) && control.handler === handler);
  const ask: Ask = standing.length === 1 ? endOf(standing[0]!) : { command, handler };
  return <CommandDialog service={service} ask={ask} onClose={() => change({ ask: undefined, handler: undefined })} />;
}
