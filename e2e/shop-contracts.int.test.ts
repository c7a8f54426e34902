import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { it } from "node:test";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "..");
const nodeOptions = ["--conditions=throughline-source", "--disable-warning=ExperimentalWarning"];

it("the shop's twelve services publish what their lock has, each what is its own", { timeout: 120_000 }, async () => {
  const { THROUGHLINE_REGISTRY: _, ...env } = process.env;
  const args = ["contracts", "check", "examples/shop/after", "--lock", "examples/shop/after/contracts.lock.json", "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, [...nodeOptions, "packages/cli/src/main.ts", ...args], {
    cwd: root,
    env,
  }).catch((error: { stdout: string; stderr: string }) => assert.fail(`${error.stdout}\n${error.stderr}`));
  const report = JSON.parse(stdout) as {
    ok: boolean;
    contracts: { type: string; service: string; status: string }[];
    removed: unknown[];
  };
  assert.equal(report.ok, true);
  assert.deepEqual(report.removed, []);
  assert.deepEqual(
    report.contracts.map(({ type, service, status }) => `${type} ${service} ${status}`),
    [
      "fraud.scored fraud same",
      "invoice.created billing same",
      "order.completed orders same",
      "order.created orders same",
      "order.updated orders same",
      "payment.captured payments same",
      "payment.refunded payments same",
      "points.awarded loyalty same",
      "receipt.sent notifications same",
      "return.requested returns same",
      "shipment.created shipping same",
      "stock.reserved inventory same",
    ],
  );
});
