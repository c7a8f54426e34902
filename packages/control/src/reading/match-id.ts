import { controlError } from "../errors/catalogue.ts";

const shortest = 6;

/** Whether a person may mean `id` by `given`: all of it, or six or more characters of its start or its end. */
export function mayMean(given: string, id: string): boolean {
  const part = given.replace(/^…|…$/g, "");
  return id === part || (part.length >= shortest && (id.startsWith(part) || id.endsWith(part)));
}

/** The one id that `given` names. Throws `CONTROL_AMBIGUOUS` for several, answers null for none. */
export function matchId(given: string, ids: Iterable<string>, what: string): string | null {
  const candidates = new Set<string>();
  for (const id of ids) {
    if (id === given) return id;
    if (mayMean(given, id)) candidates.add(id);
  }
  if (candidates.size > 1) throw controlError("CONTROL_AMBIGUOUS", { what, given, candidates: [...candidates] });
  return [...candidates][0] ?? null;
}

/** For each id the shortest start, of at least eight characters, that names no other; as git shortens commits. */
export function shortIds(ids: Iterable<string>): Map<string, string> {
  const sorted = [...new Set(ids)].toSorted();
  const short = new Map<string, string>();
  for (const [at, id] of sorted.entries()) {
    const needed = Math.max(sharedStart(id, sorted[at - 1]), sharedStart(id, sorted[at + 1])) + 1;
    short.set(id, id.slice(0, Math.max(8, needed)));
  }
  return short;
}

function sharedStart(a: string, b: string | undefined): number {
  let at = 0;
  while (b !== undefined && at < a.length && a[at] === b[at]) at++;
  return at;
}
