export type PathParts = Readonly<Record<string, string>>;

/** The parts of a path that a pattern such as `/flows/:id` names; null where it does not match. */
export function matchRoute(pattern: string, path: string): PathParts | null {
  const wanted = pattern.split("/");
  const given = path.replace(/(.)\/$/, "$1").split("/");
  if (wanted.length !== given.length) return null;
  const parts: Record<string, string> = {};
  for (const [at, name] of wanted.entries()) {
    const value = decoded(given[at]!);
    if (value === null) return null;
    if (name.startsWith(":")) parts[name.slice(1)] = value;
    else if (name !== value) return null;
  }
  return parts;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
