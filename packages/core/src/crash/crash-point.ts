/** Is told the name of each crash point that is passed. */
export type CrashPointHook = (name: string) => void;

let hook: CrashPointHook | null = null;

/**
 * A place where a process may die and nothing may be lost, doubled or out of order. Does nothing unless a test has set a hook.
 * What is published holds none: `scripts/build.ts` removes each call, which therefore stands alone on its line.
 * @param name Where it stands, unique in the sources: `lane.after-commit`.
 */
export function crashPoint(name: string): void {
  if (hook !== null) hook(name);
}

/** For tests: from now on each crash point of this process tells `next`, which may end the process. Null: none does. */
export function onCrashPoint(next: CrashPointHook | null): void {
  hook = next;
}
