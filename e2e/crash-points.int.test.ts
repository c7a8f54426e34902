import { test } from "node:test";
import { crashPointsTest, crashPointsTimeoutMs } from "./crash-points/crash-points-test.ts";
import { sqlitePlace } from "./places/place.ts";
import { sizes } from "./sizes.ts";

test(
  "services die at every crash point, on SQLite, and nothing is lost, doubled or out of order",
  { timeout: crashPointsTimeoutMs + 120_000 },
  (t) => crashPointsTest(t, { place: sqlitePlace, hitsEach: sizes({ test: 1, soak: 50 }) }),
);
