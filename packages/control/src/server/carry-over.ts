import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { AccessStore } from "../access/access-store.ts";
import { carryAccess } from "../access/carry-access.ts";
import { openSqliteAccessStore } from "../access/sqlite-access-store.ts";
import type { LagStore } from "../lag/lag-store.ts";
import { openSqliteLagStore } from "../lag/sqlite-lag-store.ts";
import { carryJobs } from "../redrive/postgres/carry-jobs.ts";

/** The files of what the log does not hold, in a control plane's folder. */
export const accessFileIn = (dataDir: string): string => join(dataDir, "control.db");
export const jobsFileIn = (dataDir: string): string => join(dataDir, "jobs.db");
export const lagFileIn = (dataDir: string): string => join(dataDir, "lag.db");

export interface CarryOver {
  readonly dataDir: string;
  readonly database: string;
  readonly access: AccessStore;
  readonly lag: LagStore;
  readonly nowMs: number;
  /** Told in a sentence what came along. */
  readonly tell: (sentence: string) => void;
}

/**
 * Brings what a control plane kept in files into the database that it is to keep it in from now on: users, tokens and sessions; plans and
 * jobs; silences. Each file is then set aside, as `<name>.carried`, so that nothing comes along twice: somebody who was removed since would
 * be back, and a job would run again. What dies in between is done again at the next start, and does nothing twice.
 */
export async function carryOver({ dataDir, database, access, lag, nowMs, tell }: CarryOver): Promise<void> {
  const [accessFile, jobsFile, lagFile] = [accessFileIn(dataDir), jobsFileIn(dataDir), lagFileIn(dataDir)];
  if (existsSync(accessFile)) {
    await using from = await openSqliteAccessStore(accessFile);
    const { users, tokens, sessions, taken } = await carryAccess(from, access, nowMs);
    await from.close();
    setAside(accessFile);
    tell(`${users} users, ${tokens} tokens and ${sessions} sessions of ${accessFile} are in the database now`);
    if (taken.length > 0) tell(`it has other users of these names, which stay as they are: ${taken.join(", ")}`);
  }
  if (existsSync(jobsFile)) {
    const jobs = await carryJobs(jobsFile, database);
    setAside(jobsFile);
    tell(`${jobs} redrive plans and jobs of ${jobsFile} are in the database now`);
  }
  if (existsSync(lagFile)) {
    const from = await openSqliteLagStore(lagFile);
    const silences = await from.silences(nowMs);
    for (const silence of silences) await lag.silence(silence);
    await from.close();
    setAside(lagFile);
    tell(`${silences.length} silences of ${lagFile} are in the database now; its history of lag stays behind`);
  }
}

const setAside = (file: string): void => renameSync(file, `${file}.carried`);
