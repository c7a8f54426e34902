import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runBilling, until } from "./running-service.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/guide/operations.md"), "utf8");

test("every command that the page shows does what it says", async (t) => {
  const billing = await runBilling(t);
  const lines = page.split("\n").filter((line) => line.startsWith("$ throughline "));
  assert.ok(lines.length >= 10);
  await billing.publish("o-1");
  await until("handled", () => billing.handled.length === 1);
  for (const line of lines) {
    const args = [...line.slice("$ throughline ".length).matchAll(/"([^"]*)"|(\S+)/g)].map(
      ([, quoted, plain]) => quoted ?? plain!,
    );
    if (args[0] === "accept-loss") {
      billing.log.deleteTopic("order");
      await billing.log.createTopics([{ name: "order" }]);
      await until("the handler has stopped", async () =>
        (await billing.run("doctor")).stdout.includes("throughline accept-loss"),
      );
    }
    const { exitCode, stdout, stderr } = await billing.run(...args);
    assert.equal(exitCode, 0, `${line}\n${stdout}${stderr}`);
    assert.match(stdout, /^Done: .*\nApplied by billing-1\.\n$/, line);
  }
});
