import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";

/** A machine that does many things at once takes its time; what never comes fails all the same. */
export const patienceMs = 120_000;

/** A phone that is held upright, and a laptop. */
export const sizes = { phone: { width: 390, height: 844 }, wide: { width: 1440, height: 900 } } as const;
export const themes = ["light", "dark"] as const;

export interface Look {
  readonly size: keyof typeof sizes;
  readonly theme: (typeof themes)[number];
}

export interface OpenedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the browser complained of: errors of scripts, and what the content security policy refused. */
  readonly complaints: string[];
}

export async function openPage(browser: Browser, url: string, { size, theme }: Look): Promise<OpenedPage> {
  const context = await browser.newContext({ baseURL: url, viewport: sizes[size], colorScheme: theme });
  context.setDefaultTimeout(patienceMs);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // An answer that says "not found" is an answer.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) complaints.push(message.text());
  });
  page.on("dialog", (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { page, context, complaints };
}

/** Goes to an address, and waits until all of it is there: nothing is a skeleton any more. */
export async function settle(page: Page, path?: string): Promise<void> {
  if (path !== undefined) await page.goto(path);
  await page.locator("main h1").waitFor();
  await page.locator("main .bone").first().waitFor({ state: "detached" });
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe looks for: all of WCAG 2.2 AA and what is good practice, or only what another theme can change. */
const looked = {
  all: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  colours: { type: "rule", values: ["color-contrast", "link-in-text-block"] },
} as const;

/** Fails when axe finds what is serious or critical. */
export async function assertAccessible(page: Page, what: string, looksFor: keyof typeof looked = "all"): Promise<void> {
  await page.evaluate(axeSource);
  const run = `axe.run(document, { resultTypes: ["violations"], runOnly: ${JSON.stringify(looked[looksFor])} })`;
  const { violations } = await page.evaluate<AxeResults>(run);
  const serious = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" ; ")}`);
  assert.deepEqual(serious, [], what);
}

/** Fails when a page is wider than the screen. */
export async function assertFits(page: Page, what: string): Promise<void> {
  const [wide, room] = await page.evaluate<[number, number]>(
    "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
  );
  assert.ok(wide <= room, `${what} is ${wide} px wide on ${room} px`);
}
