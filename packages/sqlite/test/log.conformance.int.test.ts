import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { eventLogConformance, type SpawnedMember, type SpawnedMemberOptions } from "@throughline/testing/conformance";
import { SqliteWriter } from "../src/database/writer.ts";
import { Wake } from "../src/database/wake.ts";
import { logFailure } from "../src/errors/index.ts";
import { removeMember, replan } from "../src/log/group/group-tables.ts";
import { openLog } from "../src/log/open-sqlite-log.ts";
import type { SqliteLog } from "../src/log/sqlite-log.ts";

const folder = mkdtempSync(join(tmpdir(), "log-conformance-"));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, "events.db");

eventLogConformance<SqliteLog>("sqlite", {
  features: { retention: true, processes: true, durable: true },
  open: () => openLog({ path }),
  reopen: () => openLog({ path }),
  deleteTopic: (log, topic) => log.deleteTopic(topic),
  enforceRetention: (log) => log.maintain(),
  compact: (log) => log.maintain(),
  expire: async (log, subscription) => {
    const held = JSON.stringify(subscription.assigned());
    for (const { group, members } of await log.groups()) {
      const member = members.find((candidate) => JSON.stringify(candidate.partitions) === held);
      if (member !== undefined) await takeOut(group, member.id);
    }
  },
  spawnMember,
});

/** What another member does when this one's session has run out. */
async function takeOut(group: string, member: string): Promise<void> {
  const writer = await SqliteWriter.open(join(folder, "events.groups.db"), { mapFailure: logFailure });
  await writer.transaction((db) => {
    removeMember(db, group, member);
    replan(db, group, []);
  });
  const wake = new Wake(writer.file);
  wake.signal();
  wake.close();
  await writer.close();
}

async function spawnMember(_: SqliteLog, options: SpawnedMemberOptions): Promise<SpawnedMember> {
  const child = fork(join(import.meta.dirname, "fixtures/conformance-member.ts"), [path, JSON.stringify(options)]);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    kill: () => {
      child.kill("SIGKILL");
      return exited;
    },
  };
}
