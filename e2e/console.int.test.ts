import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { sampleOrder } from "../examples/shop/driver/order-load.ts";
import { until } from "../examples/shop/driver/until.ts";
import { type BrokenShop, buy, startBrokenShop, tracesAt } from "./console/broken-shop.ts";
import { launchChromium } from "./console/chromium.ts";
import { drawInEveryLook } from "./console/every-look.ts";
import { layoutShiftOf, watchLayoutShift } from "./console/layout-shift.ts";
import { assertAccessible, openPage, settle } from "./console/open-page.ts";

let browser: Browser;
let broken: BrokenShop;
let dataDir: string;

const get = async <T>(path: string): Promise<T> => (await (await fetch(`${broken.console.url}/api/v1${path}`)).json()) as T;

interface Group {
  readonly fingerprint: string;
  readonly open: number;
}
interface Failure {
  readonly failureId: string;
  readonly correlationId: string;
  readonly subject: string;
}

before(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "throughline-console-"));
  browser = await launchChromium();
  broken = await startBrokenShop(dataDir);
  await until("all six gift cards are dead letters", async () => {
    const { items } = await get<{ items: Group[] }>("/failure-groups");
    return items[0]?.open === 6;
  });
});

after(async () => {
  await browser?.close();
  await broken?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Every address that the page has, with something at it. */
async function addresses(): Promise<string[]> {
  const [group] = (await get<{ items: Group[] }>("/failure-groups")).items;
  const [failure] = (await get<{ items: Failure[] }>("/failures")).items;
  return [
    "/",
    "/failures",
    "/failures?view=list&state=open&sort=-at",
    `/failures/groups/${group!.fingerprint}`,
    `/failures/${failure!.failureId}`,
    "/flows",
    `/flows/${failure!.correlationId}?wanted=stock`,
    "/events?type=order.*&order=oldest",
    "/events?view=live",
    "/events/order/0/0",
    "/settings",
    "/search?q=inventory",
    "/services",
    "/services/inventory",
    "/map",
    "/catalogue",
    "/catalogue/order.created",
    "/jobs",
    "/audit",
    `/failures/${failure!.failureId}/edit`,
    `/failures/groups/${group!.fingerprint}/rehearse`,
    "/replays",
    "/replays/new?service=inventory&handler=move-stock&kind=rerun",
    "/lag",
    "/lag/inventory?span=1",
    "/no/such/page",
  ];
}

test("every page draws on a phone and a laptop, light and dark, fits, and has nothing that axe finds serious", async () => {
  await drawInEveryLook(browser, broken.console.url, { paths: await addresses(), name: "data" });
});

test("an order without an outcome leads from the search to the handler that failed, by the keyboard alone", async () => {
  const [{ subject } = assert.fail("no failure")] = (await get<{ items: Failure[] }>("/failures")).items;
  const { page, context, complaints } = await openPage(browser, broken.console.url, { size: "wide", theme: "dark" });
  await settle(page, "/lag");
  await page.keyboard.press("/");
  await page.keyboard.type(subject);
  await page.keyboard.press("Enter");
  await page.getByText(`2 flows of ${subject}`).waitFor();
  await page.evaluate("document.activeElement.blur()");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: `Flow of ${subject}` }).waitFor();
  assert.match(await page.locator(".sentence").innerText(), /inventory\/move-stock failed for good on order\.created/);
  await page.getByLabel("Why is there no").focus();
  await page.keyboard.type("stock");
  await page.keyboard.press("Enter");
  await page.getByText(/There is no stock\.reserved: inventory\/move-stock failed for good/).waitFor();
  assert.match(page.url(), /wanted=stock/);

  await page.evaluate("document.activeElement.blur()");
  await page.keyboard.press("g");
  await page.keyboard.press("f");
  await page.getByRole("heading", { level: 1, name: "Failures" }).waitFor();
  await page.getByRole("row").nth(1).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: /^TypeError: Cannot read properties/ }).waitFor();

  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Where to" }).waitFor();
  await page.keyboard.type("lag");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Lag" }).waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a number, as a customer says it, leads to the failure that holds up its order, past handlers that are done and have none", async () => {
  const [{ subject, failureId } = assert.fail("no failure")] = (await get<{ items: Failure[] }>("/failures")).items;
  const { page, context, complaints } = await openPage(browser, broken.console.url, { size: "phone", theme: "light" });
  await settle(page, `/search?q=${encodeURIComponent(subject.replace("gift-", "Gift #"))}`);
  await page.getByRole("link", { name: `subject ${subject}` }).click();
  // Of both flows the one in which it failed comes first; the other one waits behind it.
  await page.getByText(`2 flows of ${subject}`).waitFor();
  const first = page.getByRole("row").filter({ hasText: "omplete" }).first();
  assert.match(await first.innerText(), /failed for good/);
  await first.getByRole("link").click();
  await page.getByRole("heading", { level: 1, name: `Flow of ${subject}` }).waitFor();
  assert.equal(await page.getByRole("link", { name: "It had failed before" }).count(), 0);
  await page.locator(".lead").getByRole("link", { name: "See the failure" }).click();
  await page.getByRole("heading", { level: 1, name: /^order\.created of gift-/ }).waitFor();
  assert.ok(page.url().endsWith(failureId), page.url());
  assert.deepEqual(complaints, []);
  await context.close();
});

test("the theme and the zone of times that were chosen are there again", async () => {
  const { page, context } = await openPage(browser, broken.console.url, { size: "wide", theme: "light" });
  await settle(page, "/failures");
  const background = () => page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor");
  const light = await background();
  await page.getByRole("button", { name: "Dark theme" }).click();
  await page.getByRole("button", { name: /Local.*show UTC/ }).click();
  await settle(page, "/lag");
  assert.notEqual(await background(), light);
  await page.getByRole("button", { name: /UTC.*show local time/ }).waitFor();
  await context.close();
});

test("what a handler logged stands under it, narrowed by level and text, and at each attempt of a failure; its trace can be copied", async () => {
  const [{ correlationId, failureId } = assert.fail("no failure")] = (await get<{ items: Failure[] }>("/failures")).items;
  const lines = async () => (await get<{ items: object[] }>(`/flows/${correlationId}/logs?text=moving`)).items.length;
  await until("its attempts are indexed", async () => (await lines()) >= 4);
  const { page, context, complaints } = await openPage(browser, broken.console.url, { size: "wide", theme: "light" });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await settle(page, `/flows/${correlationId}`);
  const hop = page.getByRole("list", { name: "Log lines of inventory/move-stock" }).first();
  await hop.getByText("moving stock").first().waitFor();
  assert.match(await hop.innerText(), /attempt 2, rolled back/);
  await page.getByLabel("With the text").fill("nowhere");
  await hop.waitFor({ state: "detached" });
  assert.match(page.url(), /line=nowhere/);
  await page.getByLabel("With the text").fill("");
  await hop.waitFor();
  await page.getByRole("combobox", { name: "Log lines" }).selectOption("error");
  await hop.getByText("moving stock").first().waitFor({ state: "detached" });

  await settle(page, `/failures/${failureId}`);
  const attempts = page.getByRole("region", { name: "Log lines" });
  await attempts.locator("summary", { hasText: "of attempt 1" }).waitFor();
  await attempts.getByRole("list", { name: "Log lines of attempt 4" }).getByText("moving stock").waitFor();
  const { items } = await get<{ items: { traceId: string }[] }>(`/flows/${correlationId}/traces`);
  const { traceId } = items[0]!;
  assert.match(traceId, /^0{28}/);
  await page.getByRole("button", { name: "Copy the trace id of the event" }).click();
  await page.getByText("Copied").waitFor();
  assert.equal(await page.evaluate("navigator.clipboard.readText()"), traceId);
  const link = page.getByRole("link", { name: "Open the trace of the event" });
  assert.equal(await link.getAttribute("href"), tracesAt.replace("{traceId}", traceId));
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a handler is paused and resumed: what it touches before, what its instances said after, and both in the audit", async () => {
  const { page, context, complaints } = await openPage(browser, broken.console.url, { size: "wide", theme: "light" });
  await settle(page, "/services/analytics");
  const dialog = page.getByRole("dialog");
  for (const [verb, after] of [
    ["Pause", "Paused"],
    ["Resume", "Live"],
  ] as const) {
    await page.getByRole("button", { name: `${verb} count-sale` }).click();
    await dialog.getByText(/^Applied by /).waitFor();
    assert.equal(
      await dialog.getByRole("button", { name: verb, exact: true }).getAttribute("aria-disabled"),
      "true",
      "no reason yet",
    );
    await dialog.getByLabel("Why").fill(`trying to ${verb.toLowerCase()}`);
    await assertAccessible(page, `${verb} dialog`);
    await dialog.getByRole("button", { name: verb, exact: true }).click();
    await dialog.locator(".status").getByText("Applied", { exact: true }).waitFor();
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("row").filter({ hasText: "count-sale" }).getByText(after, { exact: true }).waitFor();
  }
  await settle(page, "/audit?service=analytics");
  await page.getByText("trying to pause").first().waitFor();
  await page.getByText("trying to resume").first().waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a flow is told as it happens: what waits for a service that is down is done when it is up, without a reload", async () => {
  const order = sampleOrder("order-live", 1);
  await broken.shop.process("billing")?.stop();
  await buy(broken.shop, order);
  const { page, context, complaints } = await openPage(browser, broken.console.url, { size: "wide", theme: "light" });
  await until("both flows are indexed", async () => {
    const { flows } = await get<{ flows: object[] }>(`/flows?subject=${order.order_id}`);
    return flows.length === 2;
  });
  await settle(page, `/flows?q=${order.order_id}`);
  await page.getByRole("row").filter({ hasText: "order.completed" }).getByRole("link").first().click();
  await page.getByText("Live", { exact: true }).waitFor();
  const billing = page.getByRole("listitem").or(page.getByRole("row")).filter({ hasText: "billing" }).first();
  await billing.waitFor();
  const before = await page.locator(".sentence").innerText();
  await page.evaluate("globalThis.isSamePage = true");
  await broken.shop.start("billing");
  await page.getByText("invoice.created").first().waitFor();
  await until("the sentence is another one", async () => (await page.locator(".sentence").innerText()) !== before);
  assert.equal(await page.evaluate("globalThis.isSamePage"), true);
  assert.deepEqual(complaints, []);
  await context.close();
});

for (const path of ["/", "/failures"])
  test(`${path} does not jump: neither while it comes, nor when events fail while it is looked at`, async (t) => {
    const opened = await Promise.all(
      (["phone", "wide"] as const).map(async (size) => {
        const one = await openPage(browser, broken.console.url, { size, theme: "light" });
        await watchLayoutShift(one.context);
        await settle(one.page, path);
        return { size, ...one };
      }),
    );
    const { open } = (await get<{ items: Group[] }>("/failure-groups")).items[0]!;
    const order = sampleOrder(`gift-live-${path.length}`, 2);
    await buy(broken.shop, { ...order, lines: [...order.lines, { sku: "gift-card", quantity: 1, unit_price: 0 }] });
    for (const { page, size, complaints, context } of opened) {
      await page
        .getByText(new RegExp(`\\b${open + 1} (?:events|open failures?)`))
        .first()
        .waitFor();
      const { sum, worst } = await layoutShiftOf(page);
      t.diagnostic(`${path} moved by ${sum.toFixed(4)} on a ${size} screen`);
      assert.ok(sum < 0.1, `${sum.toFixed(3)} on a ${size} screen, most of it by ${worst.join(" ; ")}`);
      assert.deepEqual(complaints, []);
      await context.close();
    }
  });
