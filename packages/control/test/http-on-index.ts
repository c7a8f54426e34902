import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemSurroundings } from "throughline";
import type { EventLog } from "throughline/seams";
import {
  controlApp,
  createRedrives,
  IndexChanges,
  openSqliteJobs,
  openSqliteLagStore,
  startLagWatcher,
} from "@throughline/control";
import { createAccess } from "../src/access/access.ts";
import { openSqliteAccessStore } from "../src/access/sqlite-access-store.ts";
import { createAudit } from "../src/audit/create-audit.ts";
import type { IndexStore } from "../src/index-store/index-store.ts";

export interface HttpControl {
  /** What it answers over HTTP to a GET below `/api/v1`, and how long that took. */
  // oxlint-disable-next-line typescript/no-explicit-any -- its shape is what each test asserts
  timed(path: string): Promise<{ readonly status: number; readonly body: any; readonly ms: number }>;
  close(): Promise<void>;
}

/** The control plane on a port, over an index that is there already, at a time that stands still. */
export async function httpOnIndex(index: IndexStore, log: EventLog, nowMs: number): Promise<HttpControl> {
  const folder = mkdtempSync(join(tmpdir(), "throughline-http-"));
  const surroundings = { ...systemSurroundings, clock: { ...systemSurroundings.clock, now: () => nowMs } };
  const lagStore = await openSqliteLagStore(join(folder, "lag.db"));
  const watcher = startLagWatcher({ log, store: lagStore, surroundings, everyMs: 60_000 });
  const audit = createAudit({ log, surroundings });
  const store = await openSqliteAccessStore(join(folder, "control.db"));
  const access = createAccess({ mode: "open", store, audit, surroundings });
  const lag = { watcher, store: lagStore };
  const jobs = await openSqliteJobs(":memory:");
  const redrives = createRedrives({ log, index, jobs, surroundings, audit });
  const app = await controlApp({ log, index, changes: new IndexChanges(index), lag, redrives, surroundings, audit, access });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  return {
    timed: async (path) => {
      const from = performance.now();
      const response = await fetch(`${url}/api/v1${path}`);
      const body: unknown = await response.json();
      return { status: response.status, body, ms: performance.now() - from };
    },
    close: async () => {
      await app.close();
      await watcher.close();
      await Promise.all([lagStore.close(), store.close(), jobs.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
