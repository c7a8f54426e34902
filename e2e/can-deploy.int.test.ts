import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type EventShop, startEventShop } from "../examples/shop/driver/event-shop.ts";
import { until } from "../examples/shop/driver/until.ts";

const run = promisify(execFile);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const program = here("../packages/cli/src/main.ts");
const nodeOptions = ["--conditions=throughline-source", "--disable-warning=ExperimentalWarning"];
const running = ["orders", "billing", "notifications", "analytics", "returns"] as const;

interface Answer {
  readonly code: number;
  readonly stdout: string;
}

describe("a change of the shop's order.completed, asked of the shop that runs", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "throughline-can-deploy-"));
  // Beside the shop, so that what its services import is found.
  const copy = mkdtempSync(here("../examples/shop-copy-"));
  const contract = join(copy, "contracts", "order.ts");
  let shop: EventShop;
  let original = "";

  before(async () => {
    for (const part of ["after", "contracts", "front-door", "services.ts", "package.json"])
      cpSync(here(`../examples/shop/${part}`), join(copy, part), { recursive: true });
    original = readFileSync(contract, "utf8");
    shop = await startEventShop({ dataDir: join(dataDir, "shop"), services: running });
  });
  after(async () => {
    await shop.close();
    for (const folder of [dataDir, copy]) rmSync(folder, { recursive: true, force: true });
  });

  const canDeploy = async (service: string, ...args: string[]): Promise<Answer> =>
    run(process.execPath, [...nodeOptions, program, "can-deploy", service, join(copy, "after"), ...args], {
      cwd: dataDir,
      env: { ...process.env, NO_COLOR: "1", THROUGHLINE_EVENTS: String(shop.env["THROUGHLINE_EVENTS"]) },
    }).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: { code: number; stdout: string; stderr: string }) => {
        assert.match(error.stderr, /^There is no contracts\.lock\.json: .*\n$|^$/);
        return error;
      },
    );
  /** In the copy, `OrderCompleted` gets this data. */
  const change = (from: string, to: string): void => {
    const at = original.indexOf('"order.completed"');
    const changed = original.slice(0, at) + original.slice(at).replace(from, to);
    assert.notEqual(changed, original);
    writeFileSync(contract, changed);
  };
  const named = ({ stdout }: Answer): string[] =>
    [...stdout.matchAll(/^ {2}(\w+) 1\.0\.0, handler "/gm)].map(([, name]) => name ?? "");

  it("every service of the shop can be deployed as it is", async () => {
    for (const service of ["orders", "billing"]) {
      const answer = await canDeploy(service);
      assert.deepEqual([answer.code, answer.stdout.split("\n", 1)[0]], [0, `${service}: yes`], answer.stdout);
    }
  });

  it("a total that is no whole number breaks those who read it: billing, analytics and returns, and not notifications", async () => {
    change("total: cents", "total: z.number()");
    const answer = await canDeploy("orders");
    assert.equal(answer.code, 1);
    assert.match(answer.stdout, /^orders: no$/m);
    assert.deepEqual(named(answer).toSorted(), ["analytics", "billing", "returns"]);
    assert.match(
      answer.stdout,
      /billing 1\.0\.0, handler "create-invoice" reads order\.completed version 1:\n +"\/total" must be integer/,
    );
  });

  it("a customer who is named otherwise breaks notifications and returns, and not billing; and not who does not run", async () => {
    change("customer: z.string()", "customer_id: z.string()");
    const answer = await canDeploy("orders", "--json");
    const { breaks, unknown } = JSON.parse(answer.stdout) as {
      breaks: { consumer: { service: string }; kind: string; path: string }[];
      unknown: unknown[];
    };
    assert.deepEqual(unknown, []);
    assert.deepEqual(breaks.map(({ consumer, kind, path }) => `${consumer.service} ${kind} ${path}`).toSorted(), [
      "notifications required_added /customer",
      "returns required_added /customer",
    ]);
    assert.equal(answer.code, 1);
  });

  it("who was killed breaks by nothing any more", async () => {
    change("customer: z.string()", "customer_id: z.string()");
    await shop.process("notifications")?.kill();
    await until("notifications left its group", async () => named(await canDeploy("orders")).join() === "returns", {
      timeoutMs: 180_000,
    });
  });

  it("a time that is gone breaks returns alone, which declares the whole contract as what it reads", async () => {
    change("completed_at: time", "completed_on: z.string().optional()");
    const answer = await canDeploy("orders");
    assert.deepEqual(named(answer), ["returns"], answer.stdout);
  });
});
