import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { collectPlans } from "../src/plans/collect-plans.ts";
import { processContext } from "../src/process-context.ts";
import { findServices } from "../src/dev/find-services.ts";

/** In this package, so that what a service imports is found. */
function services(t: { after(work: () => void): void }, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(import.meta.dirname, "plans-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.service.ts`), text);
  return folder;
}

const contract = (size: number): string => `
  import { createService, defineEvent, runUntilSignal } from "throughline";
  const properties: Record<string, object> = { id: { type: "string" } };
  for (let n = 0; n < ${size}; n += 1) properties["property_" + n] = { type: "string", description: "x".repeat(1000) };
  const Made = defineEvent<"thing.made", { id: string }>("thing.made", {
    version: 1, subject: "id", data: { type: "object", properties, required: ["id"] },
  });
  const log = () => { throw new Error("opened"); };
`;

describe("plans of services", () => {
  const context = { ...processContext(), env: process.env };

  test("are told whole, however long they are, by every service of a program, and open nothing", async (t) => {
    const folder = services(t, {
      made: `${contract(3_000)}
        for (const name of ["a", "b"]) void runUntilSignal(createService({ name, eventLog: log, publishes: [Made] }));`,
    });
    const plans = await collectPlans(context, await findServices(folder));
    assert.deepEqual(plans.map(({ service }) => service).toSorted(), ["a", "b"]);
    for (const { publishes } of plans) assert.equal(Object.keys(publishes[0]?.schema["properties"] as object).length, 3_001);
  });

  test("of a program that tells none are an error with what it printed", async (t) => {
    const folder = services(t, { quiet: `console.log("I only print");` });
    await assert.rejects(collectPlans(context, await findServices(folder)), {
      code: "CLI_NO_PLAN",
      message: /ended with exit code 0.*I only print/s,
    });
  });
});
