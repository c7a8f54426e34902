import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { systemSurroundings } from "throughline";
import type { EventLog } from "throughline/seams";
import {
  type ControlApp,
  controlApp,
  createAudit,
  type ControlParts,
  createAccess,
  createIndexer,
  createRedrives,
  IndexChanges,
  type Indexer,
  indexFile,
  openSqliteAccessStore,
  openSqliteIndex,
  openSqliteJobs,
  openSqliteLagStore,
  startLagWatcher,
} from "@throughline/control";

export interface TestControl {
  readonly app: ControlApp;
  readonly indexer: Indexer;
  readonly dataDir: string;
  /** What it answers to a GET below `/api/v1`. */
  // oxlint-disable-next-line typescript/no-explicit-any -- its shape is what each test asserts
  get(path: string): Promise<{ readonly status: number; readonly body: any }>;
}

/** The control plane's API on a log, without a port, with an index that is moved on by `indexer.catchUp()`. */
export async function testControl(t: TestContext, log: EventLog, more: Partial<ControlParts> = {}): Promise<TestControl> {
  const dataDir = mkdtempSync(join(tmpdir(), "throughline-control-"));
  const writing = openSqliteIndex(indexFile(dataDir));
  const index = openSqliteIndex(indexFile(dataDir));
  const indexer = createIndexer({ log, store: writing });
  const store = await openSqliteLagStore(join(dataDir, "lag.db"));
  const watcher = startLagWatcher({ log, store, surroundings: systemSurroundings, everyMs: 100 });
  const audit = createAudit({ log, surroundings: systemSurroundings });
  const access = createAccess({
    mode: "open",
    store: await openSqliteAccessStore(join(dataDir, "control.db")),
    audit,
    surroundings: systemSurroundings,
  });
  const jobs = await openSqliteJobs(join(dataDir, "jobs.db"));
  const redrives = createRedrives({ log, index, jobs, surroundings: systemSurroundings, audit, pollMs: 20 });
  redrives.start();
  const app = await controlApp({
    log,
    index,
    changes: new IndexChanges(index, 20),
    lag: { watcher, store },
    redrives,
    surroundings: systemSurroundings,
    audit,
    access,
    ...more,
  });
  t.after(async () => {
    await app.close();
    await redrives.close();
    await jobs.close();
    await indexer.close();
    await watcher.close();
    await Promise.all([access.store.close(), store.close(), writing.close(), index.close()]);
    rmSync(dataDir, { recursive: true, force: true });
  });
  return {
    app,
    indexer,
    dataDir,
    get: async (path) => {
      const answer = await app.inject({ method: "GET", url: `/api/v1${path}` });
      return { status: answer.statusCode, body: answer.json() };
    },
  };
}
