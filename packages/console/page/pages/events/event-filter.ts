/** What events are filtered by, in the address and in the API alike. */
export const eventFields = [
  ["topic", "Topic", "order"],
  ["type", "Type", "order.*"],
  ["subject", "Subject", ""],
  ["tenantId", "Tenant", ""],
  ["source", "From", ""],
  ["text", "Data says", ""],
] as const;

export function eventFilter(search: URLSearchParams): Readonly<Record<string, string | readonly string[] | undefined>> {
  const { topic, ...rest } = Object.fromEntries(eventFields.map(([name]) => [name, search.get(name) || undefined]));
  return topic === undefined ? rest : { ...rest, topic: [topic] };
}
