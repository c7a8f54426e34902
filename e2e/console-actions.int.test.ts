import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { until } from "../examples/shop/driver/until.ts";
import { type HurtServices, startHurtServices } from "./console-actions/hurt-services.ts";
import { launchChromium } from "./console/chromium.ts";
import { assertAccessible, assertFits, openPage, settle } from "./console/open-page.ts";

let browser: Browser;
let hurt: HurtServices;

const get = async <T>(path: string): Promise<T> => (await (await fetch(`${hurt.server.url}/api/v1${path}`)).json()) as T;

interface Failure {
  readonly failureId: string;
  readonly group: string;
  readonly subject: string;
  readonly tenantId: string;
}
const failures = async (): Promise<readonly Failure[]> => (await get<{ items: Failure[] }>("/failures?service=billing")).items;
const failureOf = async (subject: string): Promise<Failure> => (await failures()).find((one) => one.subject === subject)!;

before(async () => {
  browser = await launchChromium();
  hurt = await startHurtServices();
  await until("three failed, and the archive has stopped", async () => {
    const { handlers } = await get<{ handlers: { state: string }[] }>("/services/archive");
    return (await failures()).length === 3 && handlers[0]?.state === "stopped";
  });
});
after(async () => {
  await browser?.close();
  await hurt?.close();
});

const wide = { size: "wide", theme: "light" } as const;
const phone = { size: "phone", theme: "dark" } as const;

/** Says why, does it, and waits until an instance applies it. */
async function confirm(page: Page, verb: string, why: string): Promise<void> {
  const dialog = page.getByRole("dialog");
  const button = dialog.getByRole("button", { name: verb, exact: true });
  await dialog.getByLabel("Why").fill(why);
  await assertAccessible(page, `${verb} dialog`);
  await page.locator(`dialog button[aria-disabled="false"]:text-is("${verb}")`).waitFor();
  await button.click();
  await dialog.locator(".status").getByText("Applied", { exact: true }).waitFor();
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await dialog.waitFor({ state: "detached" });
}

test("from a failure its subject is held and released, told before with what is known of it", async () => {
  const { page, context, complaints } = await openPage(browser, hurt.server.url, phone);
  const { failureId } = await failureOf("order-4");
  await settle(page, `/failures/${failureId}`);
  await page.getByRole("button", { name: "Hold its subject …" }).click();
  const dialog = page.getByRole("dialog", { name: "Hold subject order-4 for billing/create-invoice" });
  await dialog.getByText(/2 events of it are known, the last order\.created/).waitFor();
  await dialog.getByText(/1 failed event of it, of 1 subject, waits for an answer/).waitFor();
  await dialog.getByLabel("How long").selectOption({ label: "for 2 hours" });
  await dialog.getByText(/ until 20/).waitFor();
  await confirm(page, "Hold", "looking at order-4");
  const stop = page.getByRole("region", { name: "Stop it for now" });
  await stop.getByText(/subject "order-4" is held .* by local until .*: looking at order-4/).waitFor();
  await assertFits(page, "a failure with a hold");
  await stop.getByRole("button", { name: /^End it: subject "order-4"/ }).click();
  await page.getByRole("dialog", { name: "Release subject order-4 for billing/create-invoice" }).waitFor();
  await confirm(page, "Release", "seen");
  await stop.getByText("Nobody has paused, limited or held anything here.").waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("from a service a tenant is held by its name for all handlers, and one that is written wrong is seen before", async () => {
  const { page, context, complaints } = await openPage(browser, hurt.server.url, wide);
  await settle(page, "/services/billing");
  await page.getByRole("button", { name: "Stop or hold billing" }).click();
  await page.getByRole("dialog", { name: "Ask of billing" }).getByRole("button", { name: "Hold …" }).click();
  const dialog = page.getByRole("dialog", { name: "Hold billing" });
  const hold = dialog.getByRole("button", { name: "Hold", exact: true });
  assert.equal(await hold.getAttribute("title"), "Say which subject.");
  await dialog.getByLabel("Which subject").fill("Order-4");
  await dialog.getByText(/no event of subject "Order-4" is known/).waitFor();
  await dialog.getByLabel("What").selectOption({ label: "one tenant" });
  await dialog.getByLabel("Which tenant").fill("acme");
  await dialog.getByText(/2 failed events of it, of 2 subjects, wait for an answer/).waitFor();
  await confirm(page, "Hold", "acme asked for it");
  const controls = page.getByRole("region", { name: "Controls" });
  await controls.getByText(/tenant "acme" is held for every handler by local: acme asked for it/).waitFor();
  await controls.getByRole("button", { name: /^End it: tenant "acme"/ }).click();
  await confirm(page, "Release", "done");
  await controls.getByText("Nobody has paused, limited or held anything here.").waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a limit is put on a handler, shown where it fails, and taken off", async () => {
  const { page, context, complaints } = await openPage(browser, hurt.server.url, wide);
  const { group } = await failureOf("order-4");
  await settle(page, `/failures/groups/${group}`);
  const stop = page.getByRole("region", { name: "Stop it for now" });
  await stop.getByRole("button", { name: "More billing/create-invoice" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Limit …" }).click();
  await page.getByRole("dialog").getByLabel("Events a second").fill("5");
  await confirm(page, "Limit", "the database is slow");
  await stop.getByText(/limited to 5 events a second by local: the database is slow/).waitFor();
  await stop.getByRole("button", { name: /^End it: handler "create-invoice" is limited/ }).click();
  await confirm(page, "Take the limit off", "it is fast again");
  await stop.getByText("Nobody has paused, limited or held anything here.").waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a loss is accepted only by writing the handler's name, and not where nothing is lost", async () => {
  const { page, context, complaints } = await openPage(browser, hurt.server.url, wide);
  await settle(page, "/services/billing");
  await page.getByRole("button", { name: "More create-invoice" }).click();
  const refused = page.getByRole("dialog").getByRole("button", { name: "Accept the loss …" });
  assert.equal(await refused.getAttribute("title"), "It has not stopped, so it has lost nothing.");
  await settle(page, "/services/archive");
  await page.getByRole("button", { name: "Accept the loss keep" }).click();
  const dialog = page.getByRole("dialog", { name: "Accept the loss of archive/keep" });
  await dialog.getByText(/keep has stopped: 2 records of order\/0 were removed by retention/).waitFor();
  await dialog.getByLabel("Why").fill("they were test orders");
  const button = dialog.getByRole("button", { name: "Accept the loss", exact: true });
  const confirmation = dialog.getByLabel("To confirm it, write archive/keep");
  for (const written of ["", "keep", "archive/KEEP"]) {
    await confirmation.fill(written);
    await page.locator('dialog button[title="Write archive/keep to confirm it."]').waitFor();
    await button.click({ force: true });
  }
  assert.deepEqual((await get<{ items: object[] }>("/commands?service=archive")).items, []);
  await confirmation.fill("archive/keep");
  await confirm(page, "Accept the loss", "they were test orders");
  await page.getByRole("row").filter({ hasText: "keep" }).getByText("Live", { exact: true }).waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("one tenant is chosen once, goes along to every page, and what is not by tenant says so", async () => {
  const { page, context, complaints } = await openPage(browser, hurt.server.url, wide);
  await settle(page, "/failures?view=list");
  await page.getByText("order-6").waitFor();
  await page.keyboard.press("t");
  await page.getByRole("dialog", { name: "Only one tenant" }).getByRole("button", { name: "acme" }).click();
  await page.getByText("order-6").waitFor({ state: "detached" });
  assert.equal(await page.getByRole("row").filter({ hasText: "order.created" }).count(), 2);
  const pages = page.getByRole("navigation", { name: "Pages" }).first();
  await pages.getByRole("link", { name: "Failures" }).click();
  await page.getByText("1 cause, 2 open failures").waitFor();
  await page.getByRole("link", { name: /no invoice/ }).click();
  await page.getByRole("button", { name: "Redrive 2 of acme …" }).waitFor();
  await pages.getByRole("link", { name: "Overview" }).click();
  await page
    .getByText(/create-invoice failed for good on 2 events of acme/)
    .first()
    .waitFor();
  await pages.getByRole("link", { name: "Lag" }).click();
  await page.getByText(/Not only acme: a group reads partitions/).waitFor();
  assert.match(page.url(), /\?tenant=acme$/);
  await page.reload();
  await page.getByRole("button", { name: "Tenant: acme" }).waitFor();
  await page.getByRole("button", { name: "Show all" }).click();
  await page.getByRole("button", { name: "Tenant: all" }).waitFor();
  await pages.getByRole("link", { name: "Failures" }).click();
  await page.getByText("1 cause, 3 open failures").waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a payload is edited line by line, a fault has its place, and what is sent is one line as it came", async () => {
  const { page, context, complaints } = await openPage(browser, hurt.server.url, wide);
  const { failureId } = await failureOf("order-5");
  await settle(page, `/failures/${failureId}/edit`);
  const payload = page.getByLabel(/^Payload/);
  assert.match(await payload.inputValue(), /^\{\n {2}"order_id": "order-5",\n/);
  await payload.fill('{\n  "order_id": "order-5",\n  "tenant_id": "acme"\n  "total": 5\n}');
  await page.getByText("Line 4, column 3: “,” or “}” is wanted").waitFor();
  await payload.fill('{\n  "order_id": "order-5",\n  "tenant_id": "acme",\n  "total": 5\n}');
  const [request] = await Promise.all([
    page.waitForRequest(/edit-check$/),
    page.getByRole("button", { name: "Check it" }).click(),
  ]);
  assert.deepEqual(request.postDataJSON(), { text: '{"order_id":"order-5","tenant_id":"acme","total":5}' });
  await page.getByText("~ changed").waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("on a phone nothing of flow and map is drawn smaller than it is read, and the flow's words come first", async () => {
  const { page, context, complaints } = await openPage(browser, hurt.server.url, phone);
  for (const path of ["/flows?q=order-5", "/map"]) {
    await settle(page, path);
    await page.locator(".graph .node").nth(2).waitFor();
    const scales = await page.evaluate<number[]>(
      "[...document.querySelectorAll('.graph .node')].map((node) => node.getBoundingClientRect().width / node.offsetWidth)",
    );
    assert.ok(scales.length > 2 && scales.every((scale) => scale > 0.99), `${path}: ${scales.join(", ")}`);
    await assertFits(page, path);
    await assertAccessible(page, path);
  }
  await settle(page, "/flows?q=order-5");
  await page.getByRole("heading", { level: 2, name: "Graph" }).waitFor();
  const titles = await page.locator("h2").allInnerTexts();
  assert.ok(titles.indexOf("Timeline") < titles.indexOf("Graph"), titles.join());
  assert.deepEqual(complaints, []);
  await context.close();
});

test("the first page loads without the parts of the others, and a page that is gone to stays until the next one is there", async () => {
  const { page, context, complaints } = await openPage(browser, hurt.server.url, wide);
  const loaded: string[] = [];
  page.on("request", (request) => void loaded.push(request.url()));
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(/map-page/, async (route) => {
    await held;
    await route.continue();
  });
  await settle(page, "/");
  assert.ok(!loaded.some((url) => /flow-page|lag-page|still-graph/.test(url)), loaded.join("\n"));
  await page.getByRole("navigation", { name: "Pages" }).first().getByRole("link", { name: "Map" }).click();
  await page.locator(":root[data-going]").waitFor();
  assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), "Overview");
  release();
  await page.getByRole("heading", { level: 1, name: "Map" }).waitFor();
  assert.equal(await page.locator(":root[data-going]").count(), 0);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("the overview is led by what is broken, and a handler that waits for a topic is only told; the failure says whether what runs fails so", async () => {
  const { page, context, complaints } = await openPage(browser, hurt.server.url, wide);
  await settle(page, "/");
  await page.getByText(/analytics\/count-gifts waits for the topic gift, which does not exist yet/).waitFor();
  assert.match(await page.locator(".lead .sentence").innerText(), /billing\/create-invoice failed for good/);
  const { failureId } = await failureOf("order-5");
  await settle(page, `/failures/${failureId}`);
  await page.getByText(/What runs now fails so: 2\.4\.0, deployed .*, has failed so 3 times/).waitFor();
  await hurt.mend();
  await page.getByText(/2\.4\.1, deployed .* and running, has not failed so yet/).waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});
