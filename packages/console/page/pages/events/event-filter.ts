/** What events are filtered by, in the address and in the API alike; the tenant is chosen for every page at once. */
export const eventFields = [
  ["topic", "Topic", "order"],
  ["type", "Type", "order.*"],
  ["subject", "Subject", ""],
  ["source", "From", ""],
  ["text", "Data says", ""],
] as const;

export function eventFilter(search: URLSearchParams): Readonly<Record<string, string | readonly string[] | undefined>> {
  const { topic, ...rest } = Object.fromEntries(eventFields.map(([name]) => [name, search.get(name) || undefined]));
  const filter = { ...rest, tenantId: search.get("tenant") || undefined };
  return topic === undefined ? filter : { ...filter, topic: [topic] };
}
