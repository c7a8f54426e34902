import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openSqliteLog } from "@throughline/sqlite";
import { deadLetterRecord } from "throughline/system-topics";
import type { Browser } from "playwright-core";
import { startShopConsole } from "../examples/shop/driver/shop-console.ts";
import { until } from "../examples/shop/driver/until.ts";
import { ensurePage } from "../scripts/gate/build-page.ts";
import { launchChromium } from "./console/chromium.ts";
import { freePort } from "./console/broken-shop.ts";
import { assertAccessible, assertFits, openPage, settle } from "./console/open-page.ts";

let browser: Browser;

before(async () => {
  ensurePage();
  browser = await launchChromium();
});
after(() => browser?.close());

/** A console on an embedded log, which nobody else has. */
async function consoleOnLog(t: { after(end: () => Promise<void>): void }) {
  const dataDir = mkdtempSync(join(tmpdir(), "throughline-console-"));
  const file = join(dataDir, "events.db");
  const log = await openSqliteLog({ path: file });
  const console = await startShopConsole({ dataDir, env: { THROUGHLINE_EVENTS: `sqlite:${file}` } }, { port: await freePort() });
  t.after(async () => {
    await console.close();
    await log.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return { log, url: console.url };
}

test("with no data at all every page says what would stand there, and never that all is well", async (t) => {
  const { url } = await consoleOnLog(t);
  const { page, context, complaints } = await openPage(browser, url, { size: "phone", theme: "light" });
  for (const path of [
    "/",
    "/failures",
    "/flows",
    "/lag",
    "/events",
    "/services",
    "/map",
    "/catalogue",
    "/jobs",
    "/replays",
    "/audit",
    "/settings",
  ]) {
    await settle(page, path);
    await page.locator("main .empty, main .tone-unknown").first().waitFor();
    await assertFits(page, path);
    await assertAccessible(page, path);
  }
  await settle(page, "/");
  await page.getByText("Whether anything is broken is unknown: the index is empty.").waitFor();
  assert.equal(await page.getByText("Nothing is broken.").count(), 0);
  await settle(page, "/failures");
  await page.getByText("Unknown: the index is empty. Failures may stand in the log that are not here yet.").waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("markup and scripts in every field of an event and its failure are text, and nothing of them runs", async (t) => {
  const { log, url } = await consoleOnLog(t);
  const evil = `<img src=x onerror="document.title='owned';alert(1)"><script>alert(2)</script>javascript:alert(3)`;
  const header = (name: string, value: string) => [name, Buffer.from(value)] as const;
  await log.createTopics([
    { name: "order", partitions: 1 },
    { name: "billing.dlt", partitions: 1 },
  ]);
  const headers = [
    header("content-type", "application/json"),
    header("ce_specversion", "1.0"),
    header("ce_id", "e-1"),
    ...["source", "type", "subject", "correlationid", "tenantid", "traceparent"].map((name) => header(`ce_${name}`, evil)),
    header(evil, evil),
  ];
  const value = Buffer.from(JSON.stringify({ [evil]: evil }));
  await log.append([{ topic: "order", key: Buffer.from(evil), value, headers }]);
  for await (const batch of log.read({ topic: "order", partition: 0, fromOffset: 0, toOffset: 1 })) {
    const original = batch[0]!;
    const { topic, topicId, partition, offset, timestampMs } = original;
    const letter = deadLetterRecord(
      {
        failureId: "failure-1",
        service: "billing",
        serviceVersion: evil,
        handler: "create-invoice",
        epoch: 1,
        reason: "failed",
        error: { name: evil, code: evil, message: evil, stack: evil },
        attempts: [],
        failedAtMs: Date.now(),
        holdsSubject: true,
        origin: { topic, topicId, partition, offset, timestampMs },
      },
      original,
    );
    await log.append([letter]);
  }
  const get = async (path: string) => (await fetch(`${url}/api/v1${path}`)).json() as Promise<{ items: { group: string }[] }>;
  const { items } = await until("the failure is indexed", async () => {
    const found = await get("/failures");
    return found.items.length === 1 && found;
  });
  const { page, context, complaints } = await openPage(browser, url, { size: "wide", theme: "light" });
  for (const path of [
    "/",
    "/failures",
    `/failures/groups/${items[0]!.group}`,
    "/failures?view=list",
    "/failures/failure-1",
    "/failures/failure-1/edit",
    `/flows/${encodeURIComponent(evil)}`,
    `/flows/e-1?wanted=${encodeURIComponent(evil)}`,
    `/search?q=${encodeURIComponent(evil)}`,
    `/events?type=${encodeURIComponent("<*")}`,
    "/events/order/0/0",
    "/map",
    "/catalogue",
    `/catalogue/${encodeURIComponent(evil)}`,
  ]) {
    await settle(page, path);
    const found = await page.evaluate<{ marked: number; elsewhere: string[] }>(`({
      marked: document.querySelectorAll("main img, main script, main [onerror]").length,
      elsewhere: [...document.querySelectorAll("main a[href]")].map((a) => a.href)
        .filter((href) => new URL(href).origin !== location.origin && !href.startsWith("https://reactflow.dev")),
    })`);
    assert.deepEqual(found, { marked: 0, elsewhere: [] }, path);
    assert.doesNotMatch(await page.title(), /^owned$/);
  }
  await settle(page, "/failures/failure-1");
  assert.ok((await page.locator("main").innerText()).includes("<script>alert(2)</script>"), "it is shown as the text that it is");
  assert.deepEqual(complaints, []);
  await context.close();
});
