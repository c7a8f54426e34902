import type { ServiceScope } from "../handling/scope.ts";
import type { ServiceAnnouncement } from "../system-topics/index.ts";

/** What an announcement says of log lines. */
export function shipsLogs({ shipper }: Pick<ServiceScope<unknown>, "shipper">): Pick<ServiceAnnouncement, "shipsLogs"> {
  return shipper === null ? {} : { shipsLogs: { level: shipper.level } };
}
