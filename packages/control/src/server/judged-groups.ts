import type { FailureGroup } from "../failures/indexed-failure.ts";
import { type RunsNow, runsNow } from "../failures/runs-now.ts";
import { indexedServices } from "../index-store/indexed-services.ts";
import type { ControlParts } from "./control-parts.ts";
import { indexBlind } from "./index-blind.ts";

/** Groups of failures, each with what it is of what runs now. */
export async function judgedGroups(
  parts: Pick<ControlParts, "index" | "log" | "surroundings">,
  groups: readonly FailureGroup[],
): Promise<(FailureGroup & { readonly runsNow: RunsNow })[]> {
  if (groups.length === 0) return [];
  const { index, log, surroundings } = parts;
  const services = await indexedServices(index, log, surroundings.clock.now());
  const blind = await indexBlind(parts);
  const names = new Set(groups.map(({ service }) => service));
  const versions = new Map(
    await Promise.all([...names].map(async (name) => [name, await index.versionsOf(services.nameNow(name))] as const)),
  );
  return groups.map((group) => ({ ...group, runsNow: runsNow(group, services, versions.get(group.service)!, blind) }));
}
