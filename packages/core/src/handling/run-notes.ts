/** Is told what this process begins to run. Called for each event: it must be quick. */
export type RunNotes = (
  handler: string,
  record: { readonly topic: string; readonly partition: number; readonly offset: number },
) => void;

let notes: RunNotes | null = null;

/** A handler begins with an event. */
export function noteRun(handler: string, record: Parameters<RunNotes>[1]): void {
  if (notes !== null) notes(handler, record);
}

/** From now on `next` is told, for whoever has to say what ran last when this thread cannot any more. Null: nobody is. */
export function onRun(next: RunNotes | null): void {
  notes = next;
}
