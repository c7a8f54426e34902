import { test } from "node:test";
import { crashPointRounds, crashPointsTest, crashPointsTimeoutMs } from "./crash-points/crash-points-test.ts";
import { sqlitePlace } from "./places/place.ts";
import { sizes } from "./sizes.ts";

for (const { title, round } of crashPointRounds("SQLite", sizes({ test: 1, soak: 5 })))
  test(title, { timeout: crashPointsTimeoutMs + 120_000 }, (t) => crashPointsTest(t, { place: sqlitePlace, round }));
