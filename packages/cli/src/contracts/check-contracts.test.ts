import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { ServicePlan } from "throughline/contracts";
import type { SchemaRegistry } from "throughline/seams";
import { contractOf, openRegistry, planOf, temporaryFolder } from "../../test/contracts-fixture.ts";
import { checkContracts } from "./check-contracts.ts";
import { codeContracts } from "./code-contracts.ts";
import { readLockFile } from "./lock-file.ts";
import { reportAsJson, reportAsText } from "./report.ts";
import { runPush } from "./run-push.ts";

const text = { type: "string" };
const number = { type: "integer" };
const order = (properties: Record<string, object> = {}, required: string[] = []): ServicePlan =>
  planOf("orders", [contractOf("order.created", properties, { required })]);
const invoices = planOf("billing", [contractOf("invoice.created")]);

async function check(lockFile: string, plans: readonly ServicePlan[], registry: SchemaRegistry | null) {
  const lock = await readLockFile(lockFile);
  const services = new Set(plans.map(({ service }) => service));
  return checkContracts({ contracts: codeContracts(plans), services, lock, lockFile, registry });
}

describe("contracts check", () => {
  test("is well where all is as agreed, by the registry and by the lock", async (t) => {
    await using opened = await openRegistry();
    const { registry } = opened;
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    await runPush({ plans: [order(), invoices], registry, lockFile, dryRun: false });
    const byRegistry = await check(lockFile, [order(), invoices], registry);
    assert.deepEqual([byRegistry.ok, byRegistry.comparedWith.kind], [true, "registry"]);
    assert.match(reportAsText(byRegistry), /^# Contracts: all 2 are as agreed\n\nCompared with the registry at http:/);
    const byLock = await check(lockFile, [order(), invoices], null);
    assert.deepEqual([byLock.ok, byLock.comparedWith.kind], [true, "lock"]);
  });

  test("says what breaks, what changes, what is new, what is gone, and that the lock is out of date", async (t) => {
    await using opened = await openRegistry();
    const { registry } = opened;
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    const before = planOf("orders", [contractOf("order.created"), contractOf("order.updated"), contractOf("order.closed")]);
    await runPush({ plans: [before], registry, lockFile, dryRun: false });
    const after = planOf("orders", [
      contractOf("order.created", { total: number }, { required: ["total"] }),
      contractOf("order.updated", { note: text }),
      contractOf("order.shipped"),
    ]);
    for (const place of [registry, null]) {
      const report = await check(lockFile, [after], place);
      assert.equal(report.ok, false);
      assert.deepEqual(
        report.contracts.map(({ contract, status }) => `${contract.type} ${status}`),
        ["order.created breaking", "order.shipped new", "order.updated compatible"],
      );
      assert.deepEqual(report.removed, [{ type: "order.closed", version: 1, service: "orders" }]);
      const said = reportAsText(report);
      assert.match(said, /^# Contracts: 1 breaks, 1 changes, 1 is new, 1 is published no more; the lock is out of date$/m);
      assert.match(
        said,
        /^## Breaks\n\n### order\.created version 1, published by orders\n\n- "\/total" must be there in the code; what was agreed does not require it \(required_added at \/required: this code could not read older events\)$/m,
      );
      assert.match(said, /^What to do: Make what is new optional\. Or keep/m);
      assert.match(said, /^## Changed, and breaks nobody\n\n### order\.updated .*\n\n- \/properties\/note is only in the code$/m);
      assert.match(said, /^## New\n\n- order\.shipped version 1, published by orders$/m);
      assert.match(said, /^## Published no more\n\n- order\.closed version 1, by orders/m);
      assert.match(said, /^- order\.shipped version 1$/m);
      const json = JSON.parse(JSON.stringify(reportAsJson(report))) as { contracts: { differences: object[] }[] };
      assert.partialDeepStrictEqual(json.contracts[0]?.differences[0], {
        kind: "required_added",
        pointer: "/required",
        direction: "backward",
      });
    }
  });

  test("takes the lock where the registry is away, and says so", async (t) => {
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    let gone: SchemaRegistry;
    {
      await using opened = await openRegistry();
      gone = opened.registry;
      await runPush({ plans: [order()], registry: gone, lockFile, dryRun: false });
    }
    const report = await check(lockFile, [order({ note: number }, ["note"])], gone);
    assert.deepEqual([report.ok, report.comparedWith.kind, report.contracts[0]?.status], [false, "lock", "breaking"]);
    assert.match(reportAsText(report), /^The registry was not asked: the schema registry at .* is away \(ECONNREFUSED\)/m);
  });

  test("says where the registry has a contract elsewhere than the lock has it", async (t) => {
    await using opened = await openRegistry();
    const { registry } = opened;
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    await runPush({ plans: [order()], registry, lockFile, dryRun: false });
    await fetch(`${registry.url}/subjects/order.created.v1`, { method: "DELETE" });
    const report = await check(lockFile, [order()], registry);
    assert.equal(report.ok, false);
    assert.match(
      report.lock.reasons.map(({ what }) => what).join(),
      /the lock has it as version 1, id 1, and the registry does not have it/,
    );
  });

  test("does not call a lock out of date because others registered more", async (t) => {
    await using opened = await openRegistry();
    const { registry } = opened;
    const [mine, theirs] = ["mine", "theirs"].map((name) => join(temporaryFolder(t), `${name}.json`));
    await runPush({ plans: [order()], registry, lockFile: mine!, dryRun: false });
    await runPush({ plans: [order({ note: text })], registry, lockFile: theirs!, dryRun: false });
    const report = await check(mine!, [order()], registry);
    assert.deepEqual([report.ok, report.lock.reasons], [true, []]);
    // What they registered counts all the same.
    assert.equal((await check(mine!, [order({ note: number })], registry)).contracts[0]?.status, "breaking");
  });

  test("without a lock says that there is none", async (t) => {
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    const report = await check(lockFile, [order()], null);
    assert.deepEqual([report.ok, report.contracts[0]?.status], [false, "new"]);
    assert.match(reportAsText(report), /^- there is none yet$/m);
  });

  test("of services that only read has nothing to say", async (t) => {
    const report = await check(join(temporaryFolder(t), "contracts.lock.json"), [planOf("analytics", [])], null);
    assert.equal(report.ok, true);
    assert.match(reportAsText(report), /^# Contracts: these services publish none$/m);
  });

  test("calls what is not registered yet no reason to fail", async (t) => {
    await using opened = await openRegistry();
    const { registry } = opened;
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    await runPush({ plans: [order()], registry, lockFile, dryRun: false });
    await runPush({ plans: [order({ note: text })], registry: null, lockFile, dryRun: false });
    const report = await check(lockFile, [order({ note: text })], registry);
    assert.deepEqual([report.ok, report.lock.unregistered], [true, ["order.created version 1"]]);
    assert.match(reportAsText(report), /^## Not registered yet\n\n- order\.created version 1$/m);
  });
});
