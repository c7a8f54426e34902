import { openKafkaLog } from "@throughline/kafka";
import { postgres } from "@throughline/postgres";
import { createService } from "throughline";
import type { BenchRow } from "../bench-row.ts";
import { callsAtOnce, externalByHand, externalOnKafkajs, slowCall } from "../by-hand/external-by-hand.ts";
import { ordersContract, topicOfOrders } from "../kafka-orders.ts";
import { newServiceName } from "../service-name.ts";
import { rateOf, startCounting, type Spent } from "../stopwatch.ts";

export const external: BenchRow = {
  name: "external",
  covers: `Events that stand in Kafka → a call of 10 ms for each, 1,000 subjects each in order, ${callsAtOnce} at once → committed in PostgreSQL as handled; from the first call to the last COMMIT. The bare scheduler keeps each subject's order and remembers nothing.`,
  unit: "calls/s",
  events: 60_000,
  rounds: 3,
  async ours({ events, services }) {
    const topic = await topicOfOrders(services, events);
    const { url } = await services.kafka();
    await using database = await services.database();
    const mail = createService({
      name: newServiceName("mail"),
      from: "earliest",
      eventLog: () => openKafkaLog(url),
      store: postgres(database.url),
      log: { silent: true },
    });
    let stop: (() => Spent) | undefined;
    let called = 0;
    const last = new Map<string, number>();
    const { promise: allCalled, resolve, reject } = Promise.withResolvers<void>();
    mail.on(
      ordersContract(topic),
      "send-mail",
      {
        async call({ data }) {
          stop ??= startCounting();
          await slowCall();
          if ((last.get(data.order_id) ?? -1) >= data.total) reject(new Error("out of order, or twice"));
          last.set(data.order_id, data.total);
          called += 1;
          if (called === events) resolve();
        },
      },
      { concurrency: callsAtOnce, replay: "run" },
    );
    const running = await mail.start();
    await allCalled;
    const observer = await database.connect();
    const count = async (): Promise<number> =>
      Number((await observer.query<{ count: string }>("SELECT count(*) FROM throughline.inbox")).rows[0]?.count);
    while ((await count()) < events) await new Promise((resolve) => setTimeout(resolve, 1));
    const spent = (stop as unknown as () => Spent)();
    await observer.end();
    await running.close();
    return rateOf(spent, events);
  },
  peers: [
    { name: "a bare scheduler", measure: externalByHand, times: 0.6 },
    { name: "kafkajs, eachMessage", measure: externalOnKafkajs, share: 0.025 },
  ],
};
