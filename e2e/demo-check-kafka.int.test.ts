import { test } from "node:test";
import { checkDemo } from "./demo/check-demo.ts";
import { isSoak } from "./sizes.ts";

// Thirteen processes, a broker and a database server take a small machine some minutes.
const skip = isSoak ? false : "it is a part of npm run soak";

test("the demo's checks hold on Kafka and PostgreSQL", { timeout: 600_000, skip }, (t) => checkDemo(t, ["--on", "kafka"]));
