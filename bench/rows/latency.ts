import type { BenchRow } from "../bench-row.ts";
import { latencyByHand } from "../by-hand/latency-by-hand.ts";
import { latencyOfServices } from "../latency-services.ts";

const row = { unit: "ms", events: 10_000, rounds: 3, warmUps: 1, better: "less" } as const;

const counted =
  "1,000 events a second, the 99th percentile from when an event is due to be published; the first tenth is not counted, nor is a first round.";

export const latencyDirect: BenchRow = {
  ...row,
  name: "latency.direct",
  covers: `publish of a service without a store → Kafka → another's handler is called, which writes into PostgreSQL. ${counted} The raw client only sends and reads.`,
  ours: (workload) => latencyOfServices(workload, { publisher: "direct", who: "ours" }),
  peers: [{ name: "the raw client", measure: latencyByHand, times: 3 }],
};

export const latencyOutbox: BenchRow = {
  ...row,
  name: "latency.outbox",
  covers: `BEGIN, publish, COMMIT → outbox → relay → Kafka → another service's handler is called, with inbox and a row in PostgreSQL. ${counted}`,
  ours: (workload) => latencyOfServices(workload, { publisher: "outbox", who: "ours" }),
  peers: [],
  limit: 25,
};

export const latencyParked: BenchRow = {
  ...row,
  name: "latency.parked",
  covers: `As latency.direct, while one subject of 100 fails for ever, its events parked behind the first: the healthy subjects' latency. The peer is ours without them. ${counted}`,
  ours: (workload) =>
    latencyOfServices(workload, { publisher: "direct", failingSubjectOf: 100, who: "with 1 % of subjects parked" }),
  peers: [
    {
      name: "ours, none parked",
      measure: (workload) => latencyOfServices(workload, { publisher: "direct", who: "none parked" }),
      times: 1.2,
    },
  ],
};
