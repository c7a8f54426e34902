import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sizes } from "../../../e2e/sizes.ts";
import { openSqliteIndex } from "../src/index-store/sqlite/open-sqlite-index.ts";
import { groupSpeedSuite } from "./group-speed-suite.ts";

groupSpeedSuite("SQLite", {
  failures: sizes({ test: 20_000, soak: 1_000_000 }),
  leastPerSecond: 5_000,
  open: (t) => {
    const folder = mkdtempSync(join(tmpdir(), "groups-speed-"));
    const store = openSqliteIndex(join(folder, "index.db"));
    t.after(async () => {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    });
    return store;
  },
});
