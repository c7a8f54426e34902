import { coreError, createMemoryLog, type MemoryLog } from "throughline";
import { eventLogConformance } from "../src/conformance/index.ts";

eventLogConformance<MemoryLog>("memory", {
  features: { retention: true, processes: false, durable: false },
  open: async () => createMemoryLog(),
  reopen: async (log) => log.connect() as MemoryLog,
  expire: (log, subscription) => log.expireMember(subscription, { noticedAfterMs: 50 }),
  setUnavailable: (log, unavailable) => log.unavailable(unavailable),
  refuse: (log, matches) => log.refuse((record) => (matches(record) ? "it is poison" : undefined)),
  refuseOnce: (log) => {
    let refused = false;
    log.refuse(() => {
      if (refused) return undefined;
      refused = true;
      return coreError("LOG_UNAVAILABLE", { what: "its leader moved" });
    });
  },
  compact: (log, topic) => log.compact(topic),
  deleteTopic: (log, topic) => log.deleteTopic(topic),
});
