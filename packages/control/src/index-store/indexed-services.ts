import type { EventLog } from "throughline/seams";
import { ServicesSeen } from "../reading/services-seen.ts";
import type { IndexStore } from "./index-store.ts";

/** What services announced, as the index has it. The log's groups tell of instances that were killed; without them one learns it later. */
export const indexedServices = async (
  index: Pick<IndexStore, "announcements">,
  log: Pick<EventLog, "groups">,
  nowMs: number,
): Promise<ServicesSeen> => new ServicesSeen(await index.announcements(), nowMs, await log.groups().catch(() => []));
