import { openKafkaLog } from "@throughline/kafka";
import { createService } from "throughline";
import type { BenchRow } from "../bench-row.ts";
import { publishCoalesced, publishers, publishOnKafkajs } from "../by-hand/publish-by-hand.ts";
import { byCallers } from "../callers.ts";
import { emptyTopic, ordersContract, subjectCount } from "../kafka-orders.ts";
import { orderData } from "../order-events.ts";
import { rateOf, startStopwatch } from "../stopwatch.ts";
import { checkTopic } from "../topic-count.ts";

export const publishDirect: BenchRow = {
  name: "publish.direct",
  covers: `publish of a service without a store, validated, ${publishers} callers that each wait for theirs → durable in Kafka. The raw client behind a coalescer sends the same bytes, made before the clock runs; it is shown too with the making of them.`,
  unit: "events/s",
  events: 60_000,
  rounds: 5,
  async ours({ events, services }) {
    const topic = await emptyTopic(services, "published");
    const contract = ordersContract(topic);
    const { url } = await services.kafka();
    const orders = createService({
      name: "orders",
      eventLog: () => openKafkaLog(url),
      publishes: [contract],
      log: { silent: true },
    });
    const running = await orders.start();
    await orders.publish(contract, orderData(0, subjectCount));
    const data = Array.from({ length: events }, (_, index) => orderData(index, subjectCount));
    const stop = startStopwatch();
    await byCallers(publishers, events, (index) => orders.publish(contract, data[index] as (typeof data)[number]));
    const spent = stop();
    await running.close();
    await checkTopic(services, topic, events + 1);
    return rateOf(spent, events);
  },
  peers: [
    { name: "the raw client, coalesced", measure: publishCoalesced({ madeBefore: true }), times: 0.85 },
    { name: "the same, making each event", measure: publishCoalesced({ madeBefore: false }) },
    { name: "kafkajs, send by send", measure: publishOnKafkajs, times: 4, share: 0.2 },
  ],
};
