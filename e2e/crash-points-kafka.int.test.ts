import { test } from "node:test";
import { startKafka } from "../scripts/services/kafka.ts";
import { startPostgres, unsynced } from "../scripts/services/postgres.ts";
import { crashPointRounds, crashPointsTest, crashPointsTimeoutMs } from "./crash-points/crash-points-test.ts";
import { kafkaPlace } from "./places/place.ts";
import { sizes } from "./sizes.ts";

for (const { title, round } of crashPointRounds("Kafka and PostgreSQL", sizes({ test: 1, soak: 5 })))
  test(title, { timeout: crashPointsTimeoutMs + 120_000 }, async (t) => {
    await using kafka = await startKafka();
    await using postgres = await startPostgres({ settings: unsynced });
    await crashPointsTest(t, { place: (folder) => kafkaPlace(kafka, postgres, folder), round });
  });
