import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isThroughlineError } from "throughline/seams";
import { kafkaAddress } from "./kafka-address.ts";

describe("kafkaAddress", () => {
  it("takes hosts with and without ports, and IPv6 in brackets", () => {
    assert.deepEqual(kafkaAddress("kafka://one:19092,two,[::1]:9093"), [
      { host: "one", port: 19092 },
      { host: "two", port: 9092 },
      { host: "::1", port: 9093 },
    ]);
  });

  for (const wrong of ["one:9092", "kafka://", "kafka://one:x", "kafka://one:99999", "kafka://one/topic", "kafka:one"])
    it(`refuses ${wrong}`, () =>
      assert.throws(
        () => kafkaAddress(wrong),
        (error) => isThroughlineError(error, "KAFKA_ADDRESS_INVALID"),
      ));

  it("refuses a password, and does not repeat it", () => {
    assert.throws(
      () => kafkaAddress("kafka://billing:a-secret@one:9092"),
      (error) => isThroughlineError(error, "KAFKA_ADDRESS_INVALID") && !error.message.includes("a-secret"),
    );
  });
});
