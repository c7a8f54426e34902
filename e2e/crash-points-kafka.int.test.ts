import { test } from "node:test";
import { startKafka } from "../scripts/services/kafka.ts";
import { startPostgres } from "../scripts/services/postgres.ts";
import { crashPointsTest, crashPointsTimeoutMs } from "./crash-points/crash-points-test.ts";
import { kafkaPlace } from "./places/place.ts";
import { sizes } from "./sizes.ts";

test(
  "services die at every crash point, on Kafka and PostgreSQL, and nothing is lost, doubled or out of order",
  { timeout: crashPointsTimeoutMs + 120_000 },
  async (t) => {
    await using kafka = await startKafka();
    await using postgres = await startPostgres();
    await crashPointsTest(t, {
      place: (folder) => kafkaPlace(kafka, postgres, folder),
      hitsEach: sizes({ test: 1, soak: 50 }),
    });
  },
);
