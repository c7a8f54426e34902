import { test } from "node:test";
import { checkDemo } from "./demo/check-demo.ts";

test("the demo's checks hold on Kafka and PostgreSQL", { timeout: 600_000 }, (t) => checkDemo(t, ["--on", "kafka"]));
