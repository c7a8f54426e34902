import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { announceOrder, orderRecord } from "./announced-order.ts";
import { testControl } from "./control-server.ts";
import { SmallLog } from "./small-log.ts";

interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

const dashboard = JSON.parse(readFileSync(new URL("../grafana/throughline.json", import.meta.url), "utf8")) as Dashboard;
const reference = readFileSync(new URL("../../../docs/reference/metrics.md", import.meta.url), "utf8");

async function scraped(t: Parameters<typeof testControl>[0]) {
  const small = new SmallLog();
  const atMs = Date.now();
  await announceOrder(small, "create-invoice");
  await small.announce("orders", [], { atMs, outbox: { waiting: 3, oldestMs: atMs - 5_000, stoppedSubjects: 1 } });
  for (let n = 0; n < 4; n++) await small.append(orderRecord("{}", { id: `e-${n}` }));
  await small.letter("billing", "create-invoice", "order", 0, { failedAtMs: atMs });
  await small.append({ topic: "order", key: null, value: Buffer.from("?"), headers: [] });
  const control = await testControl(t, small.log);
  await control.indexer.catchUp();
  const answer = await control.app.inject({ url: "/metrics" });
  return { ...control, answer, text: answer.body };
}

test("what the control plane knows is told to Prometheus, under names that the reference pins", async (t) => {
  const { answer, text } = await scraped(t);
  assert.equal(answer.statusCode, 200, text);
  assert.match(String(answer.headers["content-type"]), /^text\/plain; version=0\.0\.4/);
  for (const line of [
    'throughline_failures{service="billing",handler="create-invoice",state="open"} 1',
    'throughline_events_indexed_total{topic="order",type="order.completed"} 4',
    'throughline_announced_outbox_rows{service="orders"} 3',
    'throughline_announced_outbox_stopped_subjects{service="orders"} 1',
    "throughline_index_behind_records 0",
    'throughline_index_undecodable_records{topic="order"} 1',
    'throughline_problems{kind="outbox-stopped",severity="critical"} 1',
  ])
    assert.ok(text.includes(`${line}\n`), `${line}\n${text}`);
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!);
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.ok(reference.includes(`\`${name}\``), `${name} is not in docs/reference/metrics.md`);
});

test("every metric that the dashboard asks for is there", async (t) => {
  const { text } = await scraped(t);
  const names = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!));
  assert.ok(dashboard.panels.length >= 15);
  assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  for (const { title, targets } of dashboard.panels)
    for (const { expr } of targets) {
      const asked = expr.match(/throughline_\w+/g) ?? [];
      assert.ok(asked.length > 0, title);
      for (const name of asked) assert.ok(names.has(name), `${title}: ${name}`);
    }
});
