import type { BenchRow } from "../bench-row.ts";
import { embeddedAppend } from "./embedded-append.ts";
import { embeddedConsume, embeddedConsumeSync } from "./embedded-consume.ts";
import { embeddedScan } from "./embedded-scan.ts";
import { embeddedWholeWay } from "./embedded-whole-way.ts";

/** Every row of `npm run bench`, in the order of the table: a file each. */
export const rows: readonly BenchRow[] = [embeddedAppend, embeddedScan, embeddedConsume, embeddedConsumeSync, embeddedWholeWay];
