import type { Incident } from "../lag/incident.ts";

/** What alerts link to: the page of the group, where people reach it. */
export const linksTo = (publicUrl: URL | null) =>
  publicUrl === null
    ? {}
    : {
        linkTo: ({ id, group }: Pick<Incident, "id" | "group">): string => {
          const url = new URL(`/lag/${encodeURIComponent(group)}`, publicUrl);
          url.searchParams.set("incident", id);
          return url.href;
        },
      };
