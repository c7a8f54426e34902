import { test } from "node:test";
import { checkDemo } from "./demo/check-demo.ts";

test("the demo's checks hold, and the last line is their report", { timeout: 420_000 }, (t) => checkDemo(t, []));
