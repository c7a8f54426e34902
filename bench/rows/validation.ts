import { openKafkaLog } from "@throughline/kafka";
import { createService, defineEvent } from "throughline";
import type { BenchRow } from "../bench-row.ts";
import { publishers } from "../by-hand/publish-by-hand.ts";
import { byCallers } from "../callers.ts";
import { emptyTopic, ordersContract, subjectCount } from "../kafka-orders.ts";
import { type OrderData, orderData } from "../order-events.ts";
import { startStopwatch } from "../stopwatch.ts";

/** As many pairs of turns are measured in each round; what else the machine does is longer than one. */
const pairs = 12;

const text = { type: "string" } as const;

export const validation: BenchRow = {
  name: "validation",
  covers: `How much of publish.direct's throughput the check of the data takes: the same service publishes with its contract and with one that asks for no more than subject and tenant, in ${pairs} pairs of turns; the median of what the pairs say, by the processor's time.`,
  unit: "%",
  events: 60_000,
  rounds: 3,
  better: "less",
  limit: 3,
  async ours({ events, services }) {
    const topic = await emptyTopic(services, "validated");
    const checked = ordersContract(topic);
    const unchecked = defineEvent<"order.noted", OrderData>("order.noted", {
      version: 1,
      subject: "order_id",
      tenant: "tenant_id",
      stream: topic,
      data: { properties: { order_id: text, tenant_id: text }, required: ["order_id", "tenant_id"], additionalProperties: true },
    });
    const { url } = await services.kafka();
    const orders = createService({
      name: "orders",
      eventLog: () => openKafkaLog(url),
      publishes: [checked],
      log: { silent: true },
    });
    const running = await orders.start();
    const count = Math.max(1, Math.ceil(events / pairs / 2));
    const data = Array.from({ length: count }, (_, index) => orderData(index, subjectCount));
    const turn = async (contract: typeof checked | typeof unchecked): Promise<number> => {
      const stop = startStopwatch();
      await byCallers(publishers, count, (index) => orders.publish(contract, data[index] as OrderData));
      return stop().cpuMs;
    };
    await turn(checked);
    await turn(unchecked);
    const parts: number[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      // In turns, so that neither always follows the other.
      const [first, second] = pair % 2 === 0 ? [checked, unchecked] : [unchecked, checked];
      const spent = [await turn(first), await turn(second)];
      const [withCheck, without] = (pair % 2 === 0 ? spent : spent.toReversed()) as [number, number];
      parts.push(100 * (1 - without / withCheck));
    }
    await running.close();
    const sorted = parts.toSorted((a, b) => a - b);
    return { figure: ((sorted[pairs / 2 - 1] as number) + (sorted[pairs / 2] as number)) / 2 };
  },
  peers: [],
};
