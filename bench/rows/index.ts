import type { BenchRow } from "../bench-row.ts";
import { consumeHot } from "./consume-hot.ts";
import { consumeBatch2, consumeOverlap1, consumeOverlap6, consumeShared1, consumeShared6 } from "./consume.ts";
import { embeddedAppend } from "./embedded-append.ts";
import { embeddedConsume, embeddedConsumeSync } from "./embedded-consume.ts";
import { embeddedScan } from "./embedded-scan.ts";
import { embeddedWholeWay } from "./embedded-whole-way.ts";
import { external } from "./external.ts";
import { lag } from "./lag.ts";
import { latencyDirect, latencyOutbox, latencyParked } from "./latency.ts";
import { memory } from "./memory.ts";
import { publishDirect } from "./publish-direct.ts";
import { publishOutboxBacklog } from "./publish-outbox-backlog.ts";
import { publishOutbox } from "./publish-outbox.ts";
import { takeover } from "./takeover.ts";
import { validation } from "./validation.ts";

/** Every row of `npm run bench`, in the order of the table. */
export const rows: readonly BenchRow[] = [
  embeddedAppend,
  embeddedScan,
  embeddedConsume,
  embeddedConsumeSync,
  embeddedWholeWay,
  consumeShared1,
  consumeShared6,
  consumeOverlap1,
  consumeOverlap6,
  consumeBatch2,
  consumeHot,
  publishDirect,
  publishOutbox,
  publishOutboxBacklog,
  latencyDirect,
  latencyOutbox,
  latencyParked,
  external,
  validation,
  lag,
  takeover,
  memory,
];
