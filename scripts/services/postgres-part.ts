import { rm } from "node:fs/promises";
import { compose, composeRuns, hasContainerEngine } from "./container-engine.ts";
import { endProcess, runsWith } from "./ended-process.ts";
import { startPostgres } from "./postgres.ts";
import type { ServicePart } from "./service-part.ts";

export interface PostgresState {
  readonly how: "processes" | "containers";
  /** As `THROUGHLINE_STORE` has it; add `?schema=…` for each service. */
  readonly url: string;
  readonly pid: number | null;
  /** Of the process: data and log. */
  readonly folder: string | null;
}

/** PostgreSQL for development and tests: a container where an engine runs, else its own binaries from npm. */
export const postgresPart: ServicePart<PostgresState> = {
  name: "postgres",

  async up() {
    if (await hasContainerEngine()) {
      await compose(["--profile", "postgres", "up", "--detach", "--wait"]);
      // As `compose.yaml` has it.
      return { how: "containers", url: "postgres://postgres:throughline@127.0.0.1:5432/postgres", pid: null, folder: null };
    }
    const server = await startPostgres({ detached: true });
    return { how: "processes", url: server.url(), pid: server.pid, folder: server.folder };
  },

  async isUp({ how, pid, folder }) {
    if (how === "containers") return composeRuns("postgres");
    return pid !== null && runsWith(pid, folder ?? "");
  },

  async down({ how, pid, folder }) {
    if (how === "containers") return compose(["--profile", "postgres", "down", "--volumes"]);
    if (pid === null || folder === null) return;
    await endProcess(pid, folder);
    await rm(folder, { recursive: true, force: true });
  },

  describe: ({ how, url, pid, folder }) => ({
    env: { THROUGHLINE_STORE: url },
    where: how === "containers" ? "a container" : `pid ${pid}; ${folder}`,
  }),
};
