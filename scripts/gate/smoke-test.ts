import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Workspace } from "./boundary-rules.ts";
import { root } from "./repository.ts";

/**
 * Installs built packages into an application of their own, outside of the repository, and loads every module they
 * export: with `require` from CommonJS, and with `import`. Only what a package declares can be found there. Then a service made
 * of them handles an event.
 * @returns What went wrong; empty when all is well.
 */
export function smokeTest(packages: readonly Workspace[]): string {
  const application = mkdtempSync(join(tmpdir(), "throughline-smoke-"));
  try {
    const specifiers = packages.flatMap((workspace) => install(workspace, application, packages));
    writeFileSync(join(application, "package.json"), JSON.stringify({ name: "smoke", private: true }));
    const check = `if (Object.keys(loaded).length === 0) throw new Error(name + " exports nothing");`;
    writeFileSync(
      join(application, "load.cjs"),
      `for (const name of ${JSON.stringify(specifiers)}) { const loaded = require(name); ${check} }\n`,
    );
    writeFileSync(
      join(application, "load.mjs"),
      `for (const name of ${JSON.stringify(specifiers)}) { const loaded = await import(name); ${check} }\n`,
    );
    writeFileSync(join(application, "handle.mjs"), handleAnEvent);
    return ["load.cjs", "load.mjs", "handle.mjs"].map((program) => load(application, program)).join("");
  } finally {
    rmSync(application, { recursive: true, force: true });
  }
}

const handleAnEvent = `
  import { openSqliteLog, sqlite } from "@throughline/sqlite";
  import { createService, defineEvent } from "throughline";
  const data = { type: "object", properties: { id: { type: "string" } }, required: ["id"] };
  const Happened = defineEvent("thing.happened", { version: 1, subject: "id", data });
  const handled = Promise.withResolvers();
  const service = createService({
    name: "smoke",
    from: "earliest",
    eventLog: () => openSqliteLog("./data/events.db"),
    store: sqlite("./data/smoke.db"),
    publishes: [Happened],
    log: { level: "warn" },
  });
  service.on(Happened, "note", (event) => handled.resolve(event.data.id));
  const running = await service.start();
  await service.publish(Happened, { id: "one" }, { tx: "none" });
  const id = await handled.promise;
  await running.close();
  if (id !== "one") throw new Error("handled " + id);
`;

/** Copies a package as npm would publish it, links the others that it declares, and answers with the names it exports. */
function install(workspace: Workspace, application: string, packages: readonly Workspace[]): string[] {
  const target = join(application, "node_modules", workspace.name);
  mkdirSync(target, { recursive: true });
  for (const part of ["package.json", "dist"])
    cpSync(join(root, workspace.folder, part), join(target, part), { recursive: true });
  const ours = new Set(packages.map(({ name }) => name));
  for (const dependency of workspace.dependencies.filter((name) => !ours.has(name))) {
    const link = join(target, "node_modules", dependency);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, "node_modules", dependency), link, "junction");
  }
  const { exports = {} } = JSON.parse(readFileSync(join(target, "package.json"), "utf8")) as {
    exports?: Record<string, unknown>;
  };
  return Object.keys(exports).map((path) => workspace.name + path.slice(1));
}

function load(application: string, program: string): string {
  // As a user's process: without the condition that leads to our sources.
  const { NODE_OPTIONS: _ours, ...env } = process.env;
  const done = spawnSync(process.execPath, [program], { cwd: application, env, encoding: "utf8", timeout: 30_000 });
  return done.status === 0 ? "" : `${program}: ${done.stderr || String(done.error)}`;
}
