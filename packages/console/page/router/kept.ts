/** What stays in the address from page to page, until somebody takes it away. */
const kept = ["tenant"] as const;

/** An address with what is to stay of `search`; what it names itself counts before that. */
export function withKept(to: string, search: string): string {
  const [path, query = ""] = to.split("?", 2) as [string, string?];
  const [wanted, now] = [new URLSearchParams(query), new URLSearchParams(search)];
  for (const name of kept) {
    const value = now.get(name);
    if (value !== null && value !== "" && !wanted.has(name)) wanted.set(name, value);
  }
  return wanted.size === 0 ? path : `${path}?${wanted}`;
}
