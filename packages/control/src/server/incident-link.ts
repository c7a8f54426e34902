import type { Incident } from "../lag/incident.ts";

/**
 * Where alerts lead: to the cause of the failures, to all causes of the service where there are several, or to the group that is behind.
 * @param reachedAt Where people reach the page; null until that is known.
 */
export const incidentLink =
  (reachedAt: () => URL | null) =>
  ({ id, group, failures }: Pick<Incident, "id" | "group" | "failures">): string | null => {
    const base = reachedAt();
    if (base === null) return null;
    const url = new URL(pathOf(group, failures?.causes), base);
    if (url.pathname === "/failures") url.searchParams.set("service", group);
    url.searchParams.set("incident", id);
    return url.href;
  };

function pathOf(group: string, causes: readonly string[] | undefined): string {
  if (causes === undefined) return `/lag/${encodeURIComponent(group)}`;
  return causes.length === 1 ? `/failures/groups/${encodeURIComponent(causes[0]!)}` : "/failures";
}
