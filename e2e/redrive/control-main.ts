// A control plane without its API: follows the log, makes a plan for all that one group has open and confirms it, once, and runs the job.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  createAudit,
  createIndexer,
  createRedrives,
  openPostgresJobs,
  openSqliteIndex,
  openSqliteJobs,
} from "@throughline/control";
import { openSqliteLog } from "@throughline/sqlite";
import { systemSurroundings as surroundings } from "throughline";
import type { EventLog } from "throughline/seams";

const { FOLDER: folder = "", SERVICE: service = "", RATE: rate = "", DIE_AFTER: dieAfter = "", JOBS: jobsUrl = "" } = process.env;
const requests = `${service}.redrive`;

/** Dies with the nth append of requests: they stand in the log, and nobody has noted it. */
function dying(log: EventLog): EventLog {
  let left = Number(dieAfter);
  return new Proxy(log, {
    get(target, name) {
      if (name !== "append") {
        const member = Reflect.get(target, name) as unknown;
        return typeof member === "function" ? member.bind(target) : member;
      }
      return async (records: Parameters<EventLog["append"]>[0]) => {
        const results = await target.append(records);
        if (records[0]?.topic === requests && --left === 0) process.kill(process.pid, "SIGKILL");
        return results;
      };
    },
  });
}

const opened = await openSqliteLog({ path: join(folder, "events.db") });
const log = dieAfter === "" ? opened : dying(opened);
const index = openSqliteIndex(join(folder, "index.db"));
const indexer = createIndexer({ log: opened, store: index });
const jobs = await (jobsUrl === "" ? openSqliteJobs(join(folder, "jobs.db")) : openPostgresJobs(jobsUrl));
const redrives = createRedrives({
  log,
  index,
  jobs,
  surroundings,
  audit: createAudit({ log, surroundings }),
  onTrouble: (error) => console.error(error),
});
const jobFile = join(folder, "job");
if (!existsSync(jobFile)) {
  await indexer.catchUp();
  const began = performance.now();
  const plan = await redrives.plan({ action: "redrive", selection: { query: { service } }, by: "eva" });
  const planMs = performance.now() - began;
  const { heapUsed } = process.memoryUsage();
  await redrives.confirm(plan.id, { by: "eva", reason: "mended", ratePerSecond: Number(rate) });
  writeFileSync(jobFile, JSON.stringify({ id: plan.id, total: plan.total, planMs, heapUsed }));
}
indexer.start();
redrives.start();
process.send?.("ready");
