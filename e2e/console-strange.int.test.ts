import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "./console/chromium.ts";
import { drawInEveryLook } from "./console/every-look.ts";
import { openPage, settle } from "./console/open-page.ts";
import { letter, startWrittenLog, untilFailures } from "./console/written-log.ts";

let browser: Browser;

before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());

test("with no data at all every page says what would stand there, and never that all is well", async () => {
  await using written = await startWrittenLog();
  const { url } = written;
  const paths = [
    "/",
    "/failures",
    "/failures?view=list",
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
    "/search?q=order-1",
  ];
  const look = (page: Page) => page.locator("main .empty:visible, main .tone-unknown:visible").first().waitFor();
  await drawInEveryLook(browser, url, { paths, name: "none", look });
  const { page, context, complaints } = await openPage(browser, url, { size: "phone", theme: "light" });
  await settle(page, "/");
  await page.getByText("Whether anything is broken is unknown: the index is empty.").waitFor();
  assert.equal(await page.getByText("Nothing is broken.").count(), 0);
  await settle(page, "/failures");
  await page.getByText("Unknown: the index is empty. Failures may stand in the log that are not here yet.").waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("markup and scripts in every field of an event and its failure are text, and nothing of them runs", async () => {
  await using written = await startWrittenLog();
  const { log, url } = written;
  const evil = `<img src=x onerror="document.title='owned';alert(1)"><script>alert(2)</script>javascript:alert(3)`;
  const header = (name: string, value: string) => [name, Buffer.from(value)] as const;
  await log.createTopics([{ name: "order", partitions: 1 }]);
  const headers = [
    header("content-type", "application/json"),
    header("ce_specversion", "1.0"),
    header("ce_id", "e-1"),
    ...["source", "type", "subject", "correlationid", "tenantid", "traceparent"].map((name) => header(`ce_${name}`, evil)),
    header(evil, evil),
  ];
  const value = Buffer.from(JSON.stringify({ [evil]: evil }));
  await log.append([{ topic: "order", key: Buffer.from(evil), value, headers }]);
  await letter(log, 0, {
    failureId: "failure-1",
    service: "billing",
    serviceVersion: evil,
    handler: "create-invoice",
    error: { name: evil, code: evil, message: evil, stack: evil },
  });
  const [failure] = await untilFailures(url, 1);
  const { page, context, complaints } = await openPage(browser, url, { size: "wide", theme: "light" });
  for (const path of [
    "/",
    "/failures",
    `/failures/groups/${failure!.group}`,
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
