import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { assertAccessible, assertFits, openPage, settle, sizes, themes } from "./open-page.ts";

/** Where pictures of every page are put, to be looked at; none by default. */
const pictures = process.env["CONSOLE_PICTURES"];

/**
 * Draws pages on a phone and on a laptop, light and dark: they fit, axe finds nothing serious, and the browser complains of nothing.
 * Both screens at once; the theme is turned where the page stands, as a system does in the evening.
 * @param look More that must hold of each page, once a screen.
 */
export async function drawInEveryLook(
  browser: Browser,
  url: string,
  {
    paths,
    name,
    look = async () => undefined,
  }: { paths: readonly string[]; name: string; look?: (page: Page) => Promise<unknown> },
): Promise<void> {
  await Promise.all(
    (Object.keys(sizes) as (keyof typeof sizes)[]).map(async (size) => {
      const { page, context, complaints } = await openPage(browser, url, { size, theme: "light" });
      for (const path of paths) {
        await page.emulateMedia({ colorScheme: "light" });
        await settle(page, path);
        await look(page);
        await assertFits(page, `${path} on a ${size} screen`);
        for (const theme of themes) {
          await page.emulateMedia({ colorScheme: theme });
          // What is not about colours is the same in both.
          await assertAccessible(page, `${path} on a ${size} screen, ${theme}`, theme === "light" ? "all" : "colours");
          await takePicture(page, `${name}-${size}-${theme}-${path}`);
        }
      }
      assert.deepEqual(complaints, []);
      await context.close();
    }),
  );
}

async function takePicture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name.replaceAll(/[^A-Za-z0-9]+/g, "-").slice(0, 90)}.png`), fullPage: true });
}
