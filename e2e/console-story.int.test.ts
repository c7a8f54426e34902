// The story that the console is for. Whoever is paged opens one link, sees what is wrong, finds the one event and its whole story,
// mends it, and sees that it is mended. What is done is done with the page's controls, but for the deploy.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { buggyReleaseOrders } from "../examples/shop/demo/gift-orders.ts";
import { isInOrder, movementsByOrder, wrongEffects } from "../examples/shop/driver/order-effects.ts";
import { until } from "../examples/shop/driver/until.ts";
import { goodOrders } from "./console/broken-shop.ts";
import { launchChromium } from "./console/chromium.ts";
import { type grounds, type Night, services, startNight } from "./console/night.ts";
import { assertAccessible, openPage } from "./console/open-page.ts";

let browser: Browser;

before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());

for (const [ground, size] of [
  ["the embedded log", "phone"],
  ["Kafka and PostgreSQL", "wide"],
] as const satisfies readonly (readonly [keyof typeof grounds, "phone" | "wide"])[])
  test(`whoever is paged goes from the alert's link to "nothing is broken", on ${ground}`, async () => {
    await using night = await startNight(ground);

    // The pager goes off. What it is told is signed, says what is wrong, and leads somewhere.
    const alert = await night.pager.hear("failures.alert");
    assert.match(alert.title, /^inventory\/move-stock failed for good on \d events?, with TypeError\.$/);
    assert.match(alert.lines.join(" "), /since version 1\.1\.0, .* team-warehouse looks after it\./);
    assert.ok(alert.url?.startsWith(`${night.url}/`), `it leads to ${alert.url}`);

    const { page, context, complaints } = await openPage(browser, night.url, { size, theme: "dark" });
    await page.goto(alert.url!);
    await takeIt(page);
    await pauseWhatFails(page);
    const subject = await findTheCause(page);

    await night.deployMendedInventory();

    await resumeIt(page);
    await redriveWithCare(page);
    await seeThatItIsMended(page, subject);

    // The pager hears the end of what it heard the beginning of, and heard nothing else.
    const recovery = await night.pager.hear("failures.recovery");
    assert.equal(recovery.incidentId, alert.incidentId);
    assert.match(recovery.title, /^No failed event of inventory\/move-stock waits for an answer any more, after /);
    assert.deepEqual(
      night.pager.heard.map(({ type }) => type),
      ["failures.alert", "failures.recovery"],
    );
    assert.equal(night.pager.refused, 0);

    await goTo(page, "Overview");
    await page.getByText("Nothing is broken.", { exact: true }).waitFor();
    assert.deepEqual(complaints, []);
    await context.close();
    await assertDoneOnceInOrder(night);
  });

/** The link opens on the cause: since which version, whose service; and on the alert itself, which one takes. */
async function takeIt(page: Page): Promise<void> {
  await page.getByRole("heading", { level: 1, name: /^TypeError: Cannot read properties/ }).waitFor();
  await page.getByText(/It began with version 1\.1\.0/).waitFor();
  await page.getByText(/owned by team-warehouse/).waitFor();
  await page.getByRole("button", { name: "Redrive 6 …" }).waitFor();
  const led = page.getByRole("alert").filter({ hasText: "An alert led here" });
  await led.getByText(/Nobody has taken it/).waitFor();
  await assertAccessible(page, "what an alert leads to");
  await led.getByRole("button", { name: "Mine: the incident of inventory" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Told of it: pager.").waitFor();
  await dialog.getByLabel(/What the others should know/).fill("looking at gift cards");
  await dialog.getByRole("button", { name: "It is mine" }).click();
  await dialog.getByText(/has it now/).waitFor();
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await page.getByText(/local has it\./).waitFor();
}

/** Each order with a gift card would fail as well: until it is mended they wait instead. */
async function pauseWhatFails(page: Page): Promise<void> {
  await page.getByRole("link", { name: "inventory/move-stock" }).first().click();
  await page.getByRole("button", { name: "Pause move-stock" }).click();
  await command(page, "Pause", "gift cards fail");
  await page.getByRole("row").filter({ hasText: "move-stock" }).getByText("Paused", { exact: true }).waitFor();
}

const resumeIt = async (page: Page): Promise<void> => {
  await goTo(page, "Overview");
  await page
    .getByRole("region", { name: "What changed" })
    .getByText(/inventory 1\.1\.1 was deployed, after 1\.1\.0/)
    .waitFor();
  await page.getByRole("region", { name: "What is safe to do" }).getByRole("link", { name: "Take it back" }).first().click();
  // Its dialog is open: what it would touch comes first.
  await command(page, "Resume", "mended in 1.1.1");
  await page.getByText("Paused", { exact: true }).waitFor({ state: "detached" });
};

async function command(page: Page, verb: "Pause" | "Resume", why: string): Promise<void> {
  const dialog = page.getByRole("dialog");
  await dialog.getByText(/^Applied by /).waitFor();
  await dialog.getByLabel("Why").fill(why);
  await dialog.getByRole("button", { name: verb, exact: true }).click();
  await dialog.locator(".status").getByText("Applied", { exact: true }).waitFor();
  await dialog.getByRole("button", { name: "Close" }).last().click();
}

/** From what is broken to one order: which event, what happened to it, what waits behind it, and the line that threw. */
async function findTheCause(page: Page): Promise<string> {
  await goTo(page, "Overview");
  await page.getByText("local has it: looking at gift cards").first().waitFor();
  await page.getByText(/mend move-stock first; a redrive of 6 events would most likely fail again/).waitFor();
  await page
    .getByRole("link", { name: /See the failures|inventory\/move-stock failed for good on 6 events/ })
    .first()
    .click();
  await page.getByRole("link", { name: "order.created" }).first().click();
  const heading = page.getByRole("heading", { level: 1, name: /^order\.created of gift-/ });
  await heading.waitFor();
  const subject = (await heading.innerText()).replace("order.created of ", "");
  await page
    .getByRole("region", { name: "Error" })
    .getByText(/countPieces/)
    .waitFor();
  await page.getByRole("heading", { name: /waits? behind it/ }).waitFor();
  await page.getByRole("link", { name: "its whole story" }).click();
  await page.getByRole("heading", { level: 1, name: `Flow of ${subject}` }).waitFor();
  await page
    .locator(".sentence")
    .getByText(/inventory\/move-stock failed for good on order\.created/)
    .waitFor();
  return subject;
}

/** A plan, which does nothing; then in stages, and what became of each event. */
async function redriveWithCare(page: Page): Promise<void> {
  await goTo(page, "Overview");
  const safe = page.getByRole("region", { name: "What is safe to do" });
  await safe.getByText(/Redrive 6 events to inventory\/move-stock: inventory 1\.1\.1 runs, which has not failed so/).waitFor();
  await safe.getByRole("button", { name: "Redrive them …" }).click();
  await page.getByRole("heading", { level: 1, name: "Redrive 6?" }).waitFor();
  await page.getByText(/inventory\/move-stock would be handed 6 failed events again/).waitFor();
  await page.getByLabel(/^Why/).fill("mended in 1.1.1");
  assert.ok(await page.getByRole("checkbox", { name: /^Carefully: first 1/ }).isChecked());
  await page.getByRole("button", { name: "Redrive 6" }).click();
  await page.getByText("All 6 events are handled.").waitFor();
  await page.getByText("1, 5, then the rest").or(page.getByText("1, 5, 50, then the rest")).waitFor();
  const results = page.getByRole("table", { name: "Results" });
  await results
    .getByText(/^(?:Applied|Was applied before)$/)
    .nth(5)
    .waitFor();
  await assertAccessible(page, "a job that is done");
}

async function seeThatItIsMended(page: Page, subject: string): Promise<void> {
  await page.getByRole("row").filter({ hasText: subject }).getByRole("link", { name: "its flows" }).click();
  await page.getByText(`2 flows of ${subject}`).waitFor();
  await page.getByText("Not complete").waitFor({ state: "detached" });
}

const goTo = (page: Page, place: string): Promise<void> =>
  page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: place, exact: true }).click();

/** What the page says is so in the services' own databases: each effect of each order once, an order's goods in their order. */
async function assertDoneOnceInOrder({ shop: { databases } }: Night): Promise<void> {
  const orders = [...goodOrders, ...buggyReleaseOrders].map(({ order_id }) => order_id);
  const notInOrder = async () => {
    const movements = await movementsByOrder(databases);
    return orders.filter((order) => !isInOrder(movements.get(order)));
  };
  await until("the goods of every order have moved", async () => (await notInOrder()).length === 0).catch(() => undefined);
  assert.deepEqual(await notInOrder(), []);
  assert.deepEqual(await wrongEffects(databases, orders, services), []);
}
