import { describe } from "node:test";
import { openKafkaLog } from "@throughline/kafka";
import { embeddedPlace } from "../examples/shop/driver/shop-place.ts";
import { startKafka } from "../scripts/services/kafka.ts";
import { askedOfTheShop } from "./can-deploy/asked-of-the-shop.ts";

describe("a change of order.completed, asked of the shop that runs on Kafka", () =>
  askedOfTheShop(async (dataDir) => {
    const kafka = await startKafka();
    // A store is as good as another for this, and a database server would be one more to start.
    const place = { ...embeddedPlace(dataDir), eventsUrl: kafka.url, openLog: () => openKafkaLog({ url: kafka.url }) };
    return [place, () => kafka[Symbol.asyncDispose]()];
  }));
