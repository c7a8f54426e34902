// Who comes in, and what each may do there, in the browser.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { launchChromium } from "./console/chromium.ts";
import { type IdentityProvider, startIdentityProvider } from "./console/identity-provider.ts";
import { assertAccessible, assertFits, openPage, settle } from "./console/open-page.ts";
import { announce, letter, startWrittenLog, type WrittenLog } from "./console/written-log.ts";

const password = "correct horse battery";

let browser: Browser;
let provider: IdentityProvider;
let written: WrittenLog;

before(async () => {
  browser = await launchChromium();
  provider = await startIdentityProvider({ ada: ["engineers", "billing-on-call"], mallory: ["sales"] });
  const grants = ["engineers=viewer", "billing-on-call=operator:billing"].flatMap((grant) => ["--oidc-grant", grant]);
  const oidc = ["--oidc-issuer", provider.issuer, "--oidc-client-id", "throughline", ...grants];
  written = await startWrittenLog({
    args: (url) => {
      provider.letIn(url);
      return ["--login", "--public-url", url, ...oidc];
    },
    env: { THROUGHLINE_OIDC_CLIENT_SECRET: provider.clientSecret },
  });
  const { log } = written;
  await log.createTopics([{ name: "order", partitions: 1 }]);
  const headers = Object.entries({ specversion: "1.0", id: "e-1", source: "orders", type: "order.created", subject: "order-1" });
  const record = {
    topic: "order",
    key: Buffer.from("order-1"),
    value: Buffer.from("{}"),
    headers: headers.map(([name, value]) => [`ce_${name}`, Buffer.from(value)] as const),
  };
  await log.append([record]);
  for (const [service, handler] of [
    ["billing", "create-invoice"],
    ["inventory", "move-stock"],
  ] as const) {
    await announce(log, service, handler);
    await letter(log, 0, { service, handler, failureId: `failure-of-${service}` });
  }
});

after(async () => {
  await browser?.close();
  await written?.[Symbol.asyncDispose]();
  await provider?.close();
});

const open = () => openPage(browser, written.url, { size: "wide", theme: "light" });

async function logIn(page: Page, user: string, secret = password): Promise<void> {
  await page.getByLabel("Name").fill(user);
  await page.getByLabel("Password").fill(secret);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
}

/** Somebody who is logged in, at an address of the console. */
async function openAs(user: string, path: string): Promise<{ page: Page; context: BrowserContext; complaints: string[] }> {
  const opened = await open();
  await opened.page.goto(path);
  await logIn(opened.page, user);
  await opened.page.getByRole("button", { name: "Log out" }).waitFor();
  await settle(opened.page);
  return opened;
}

/** A control that may not be used is there, says why, and does nothing. */
async function assertDisabled(control: Locator, why: RegExp): Promise<void> {
  await control.waitFor();
  assert.equal(await control.getAttribute("aria-disabled"), "true");
  assert.match((await control.getAttribute("title")) ?? "", why);
  const page = control.page();
  const before = page.url();
  await control.click({ force: true });
  assert.equal(await page.getByRole("dialog").count(), 0);
  assert.equal(page.url(), before);
}

test("the link that the console prints makes the first admin, who lets others in: with the keyboard alone", async () => {
  const [link] = /http\S+\/setup#\S+/.exec(readFileSync(written.logFile, "utf8")) ?? assert.fail("no link was printed");
  const { page, context, complaints } = await open();
  await page.goto(link);
  await page.getByText("Nobody has an account yet.").waitFor();
  await assertFits(page, "the first login");
  await assertAccessible(page, "the first login");
  await page.getByLabel("Name").focus();
  await page.keyboard.type("grace");
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  assert.equal(new URL(page.url()).pathname, "/");
  assert.ok(!page.url().includes("#"), "the token stands in no address any more");

  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await page.getByText("You are grace: admin everywhere.").waitFor();
  for (const [name, role, services] of [
    ["vera", "Viewer: looks on", ""],
    ["oskar", "Operator: acts on services", "billing"],
    ["luca", "Viewer: looks on", ""],
  ] as const) {
    const add = page.getByRole("button", { name: "Add a user" });
    await add.focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Add a user" });
    await dialog.getByLabel("Name").focus();
    await page.keyboard.type(name);
    await page.keyboard.press("Tab");
    await page.keyboard.type(password);
    await page.keyboard.press("Tab");
    await page.keyboard.type(role[0]!);
    await page.keyboard.press("Tab");
    await page.keyboard.type(services);
    await page.keyboard.press("Enter");
    await dialog.getByText(`${name} can log in`).waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  }
  await page.getByRole("row").filter({ hasText: "oskar" }).getByText("operator of billing").waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a wrong password is refused in words; the right one leads to where one wanted to be; who logs out is out", async () => {
  const { page, context, complaints } = await open();
  await page.goto("/failures?view=list");
  await logIn(page, "vera", "not hers");
  await page.getByText("ACCESS_WRONG").waitFor();
  await assertAccessible(page, "a login that was refused");
  await page.getByLabel("Password").fill(password);
  await page.keyboard.press("Enter");
  await page.getByRole("row").filter({ hasText: "order.created" }).first().waitFor();
  assert.match(page.url(), /\/failures\?view=list$/);
  await page.getByText("vera, viewer").waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Password").waitFor();
  await page.goBack();
  await page.getByLabel("Password").waitFor();
  assert.equal(await page.getByText("order.created").count(), 0);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("who tries a password too often is told how long to wait, and waits with the right one too", async () => {
  const { page, context } = await open();
  await page.goto("/");
  await page.getByLabel("Name").fill("luca");
  const tooOften = page.getByText(/passwords were tried too often; try again in \d+ s/);
  for (let n = 0; n < 11 && (await tooOften.count()) === 0; n++) {
    const answered = page.waitForResponse((response) => response.request().method() === "POST");
    await page.getByLabel("Password").fill(`guess ${n}`);
    await page.keyboard.press("Enter");
    assert.equal((await answered).status(), n < 10 ? 401 : 429);
  }
  await tooOften.waitFor();
  await page.getByLabel("Password").fill(password);
  await page.keyboard.press("Enter");
  await tooOften.waitFor();
  await context.close();
  // Others come in meanwhile.
  await (await openAs("vera", "/")).context.close();
});

test("a session that is ended elsewhere is over: one logs in again where one was", async () => {
  const vera = await openAs("vera", "/lag");
  const grace = await openAs("grace", "/settings");
  await grace.page.getByRole("button", { name: "End it: the session of vera" }).first().click();
  await grace.page.getByRole("dialog").getByRole("button", { name: "End it" }).click();
  await grace.page.getByRole("dialog").getByText("It has ended.").waitFor();
  await vera.page.getByLabel("Password").waitFor();
  await logIn(vera.page, "vera");
  await vera.page.getByRole("heading", { level: 1, name: "Lag" }).waitFor();
  for (const { context, complaints } of [vera, grace]) {
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

test("a viewer sees everything, and of each action why it may not be done", async () => {
  const { page, context, complaints } = await openAs("vera", "/failures/failure-of-billing");
  const looksOn = /^You look on as a viewer; an operator may do this\.$/;
  await assertDisabled(page.getByRole("button", { name: /^Redrive/ }).first(), looksOn);
  await assertDisabled(page.getByRole("button", { name: /^Discard/ }).first(), looksOn);
  await settle(page, "/services/billing");
  await assertDisabled(page.getByRole("button", { name: "Pause create-invoice" }), looksOn);
  await settle(page, "/");
  await assertDisabled(page.getByRole("button", { name: /^Mine/ }).first(), looksOn);
  await settle(page, "/lag");
  await assertDisabled(page.getByRole("button", { name: "Silence groups" }), looksOn);
  await settle(page, "/settings");
  await page.getByText("Users and tokens are not shown: Only an admin decides who may do what.").waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("an operator of one service acts on that one, and sees no other", async () => {
  const { page, context, complaints } = await openAs("oskar", "/failures/failure-of-billing");
  await page
    .getByRole("button", { name: /^Redrive/ })
    .first()
    .click();
  await page.getByRole("heading", { level: 1, name: "Redrive 1?" }).waitFor();
  await settle(page, "/failures");
  await page.getByRole("row").filter({ hasText: "create-invoice" }).waitFor();
  assert.equal(
    await page.getByRole("textbox", { name: "Service", exact: true }).inputValue(),
    "billing",
    "what it may see is what it is shown",
  );
  assert.equal(await page.getByText("move-stock").count(), 0);
  await page.goto("/failures/failure-of-inventory");
  await page.locator("main .note").first().waitFor();
  assert.equal(await page.getByText("order-1").count(), 0);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a provider of identities lets its people in with what their groups are granted, and nobody else", async () => {
  const ada = await open();
  await ada.page.goto("/services/billing");
  await enterThrough(ada.page, "ada");
  await ada.page.getByRole("heading", { level: 1, name: "billing" }).waitFor();
  assert.equal(new URL(ada.page.url()).pathname, "/services/billing");
  assert.equal(
    await ada.page.getByRole("button", { name: "Pause create-invoice" }).getAttribute("aria-disabled"),
    "false",
    "she is on call for billing",
  );
  await settle(ada.page, "/services/inventory");
  const why = /^You are an operator of billing, not of inventory\.$/;
  await assertDisabled(ada.page.getByRole("button", { name: "Pause move-stock" }), why);
  assert.deepEqual(ada.complaints, []);
  await ada.context.close();

  const mallory = await open();
  await mallory.page.goto("/");
  await enterThrough(mallory.page, "mallory");
  await mallory.page.getByText("The provider of identities did not let you in").waitFor();
  await mallory.context.close();
});

/** The provider's own pages, up to where it sends one back. */
async function enterThrough(page: Page, login: string): Promise<void> {
  await page.getByRole("link", { name: "Log in with your company's account" }).click();
  await page.locator("input[name=login]").fill(login);
  await page.locator("input[name=password]").fill("any");
  await page.locator("button[type=submit]").click();
  // It asks whether the console may know who this is.
  await page.locator("input[name=prompt][value=consent]").waitFor({ state: "attached" });
  await page.locator("button[type=submit]").click();
}
