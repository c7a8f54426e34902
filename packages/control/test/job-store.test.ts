import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { openSqliteJobs } from "../src/index.ts";
import { jobStoreSuite } from "./job-store-suite.ts";

const folder = mkdtempSync(join(tmpdir(), "throughline-job-stores-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

jobStoreSuite("SQLite", async (count) => {
  const file = join(folder, `jobs-${(files += 1)}.db`);
  return Promise.all(Array.from({ length: count }, () => openSqliteJobs(file)));
});
