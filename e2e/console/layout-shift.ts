import type { BrowserContext, Page } from "playwright-core";

const watch = `
  globalThis.shifts = [];
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries())
      if (!hadRecentInput) shifts.push({ value, of: sources.map(({ node }) => node?.outerHTML?.slice(0, 120) ?? "gone") });
  }).observe({ type: "layout-shift", buffered: true });`;

/** How much a page jumped by itself since it was opened: the sum of all shifts, of which Web Vitals calls 0.1 good. */
export interface LayoutShift {
  readonly sum: number;
  /** What moved most, to be found again. */
  readonly worst: readonly string[];
}

/** From now on every page of the context notes what moves. */
export const watchLayoutShift = (context: BrowserContext): Promise<unknown> => context.addInitScript(watch);

export async function layoutShiftOf(page: Page): Promise<LayoutShift> {
  const shifts = await page.evaluate<{ value: number; of: string[] }[]>("shifts");
  const [worst] = shifts.toSorted((a, b) => b.value - a.value);
  return { sum: shifts.reduce((sum, { value }) => sum + value, 0), worst: worst?.of ?? [] };
}
