import { type ReactNode, useState } from "react";
import type { Ask } from "./ask.ts";
import { CommandDialog } from "./command-dialog.tsx";

/**
 * What is being asked of a service, and its dialog. It belongs to what stays there: where the button goes with what it ends, nobody would
 * see what came of it.
 */
export function useAsking(service: string): { readonly ask: (ask: Ask) => void; readonly dialog: ReactNode } {
  const [open, setOpen] = useState<Ask | null>(null);
  return {
    ask: setOpen,
    dialog: open !== null && <CommandDialog service={service} ask={open} onClose={() => setOpen(null)} />,
  };
}
