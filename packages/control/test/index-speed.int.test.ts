import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { sizes } from "../../../e2e/sizes.ts";
import { openSqliteIndex } from "../src/index-store/sqlite/open-sqlite-index.ts";
import { indexSpeedSuite } from "./index-speed-suite.ts";

const folder = mkdtempSync(join(tmpdir(), "index-speed-"));
const file = join(folder, "index.db");
after(() => rmSync(folder, { recursive: true, force: true }));

indexSpeedSuite("SQLite", {
  events: sizes({ test: 120_000, soak: 10_000_000 }),
  rounds: sizes({ test: 100, soak: 1_000 }),
  open: () => openSqliteIndex(file),
  bytes: () => statSync(file).size,
});
