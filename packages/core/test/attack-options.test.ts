import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isThroughlineError } from "../src/index.ts";
import { memory, OrderUpdated, service } from "./harness.ts";

describe("attack: options (R12)", () => {
  it("a count that no store could be asked for is refused at start", async () => {
    for (const options of [{ concurrency: Infinity }, { concurrency: 2.5 }, { maxParked: 99.5 }]) {
      const { log, store } = memory(1);
      const mailer = service("mailer", log, store);
      mailer.on(OrderUpdated, "send", { call: () => Promise.resolve() }, { replay: "run", ...options });
      await assert.rejects(
        mailer.start().then((running) => running.close()),
        (error) => isThroughlineError(error, "SERVICE_CANNOT_START") && /must be a whole number, and is/.test(error.message),
      );
    }
  });
});
