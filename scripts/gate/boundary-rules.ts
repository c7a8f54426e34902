import { builtinModules } from "node:module";
import { posix } from "node:path";
import { importsOf } from "./import-scan.ts";

/** A workspace: a package, an example, the bench, or the root with its scripts and e2e tests. */
export interface Workspace {
  /** Relative to the repository, "" for the root. */
  readonly folder: string;
  readonly name: string;
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
}

export interface SourceFile {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
}

/** A broken rule, as `file:line what, and what to do`. */
export type Problem = string;

const CORE = "throughline";
const TESTING = "@throughline/testing";

/** What a package's own code may import of ours. Who is not named here is an adapter: core, and nothing else. */
const MAY_IMPORT: Readonly<Record<string, readonly string[] | "everything">> = {
  throughline: [],
  // A client of the API, and nothing more: not even core's types.
  "@throughline/console": [],
  "@throughline/cli": "everything",
};

/** Core knows no broker and no database; they stand behind its seams. */
const BROKERS_AND_DATABASES =
  /^(?:node:sqlite|@platformatic\/kafka|kafkajs|node-rdkafka|@confluentinc\/.*|pg|pg-.*|postgres|better-sqlite3|mysql2?|mongodb|ioredis|redis|drizzle-orm|kysely|typeorm|@prisma\/.*)$/;

/**
 * Checks the import rules of the house:
 * core imports nothing of ours and no broker or database; adapters import core only, and the test kit in their tests;
 * only what wires things together (cli, examples, bench, e2e, scripts) knows which adapter runs; no relative import leaves its
 * package; every imported package is declared, and every declared one imported.
 */
export function boundaryProblems(workspaces: readonly Workspace[], files: readonly SourceFile[]): Problem[] {
  const ours = new Set(
    workspaces.filter((workspace) => workspace.folder.startsWith("packages/")).map((workspace) => workspace.name),
  );
  const used = new Map<Workspace, Set<string>>(workspaces.map((workspace) => [workspace, new Set<string>()]));
  const problems: Problem[] = [];
  for (const file of files) {
    const workspace = workspaceOf(file.path, workspaces);
    for (const { specifier, line } of importsOf(file.text)) {
      const problem = specifier.startsWith(".")
        ? relativeProblem(workspace, file.path, specifier)
        : packageProblem(workspace, file.path, specifier, ours);
      if (problem !== null) problems.push(`${file.path}:${line} ${problem}`);
      used.get(workspace)?.add(packageName(specifier));
    }
  }
  return [...problems, ...workspaces.flatMap((workspace) => unusedProblems(workspace, used.get(workspace) ?? new Set()))];
}

function workspaceOf(path: string, workspaces: readonly Workspace[]): Workspace {
  const home =
    workspaces.find(({ folder }) => folder !== "" && path.startsWith(`${folder}/`)) ??
    workspaces.find(({ folder }) => folder === "");
  if (home === undefined) throw new Error(`${path} belongs to no workspace`);
  return home;
}

function relativeProblem(workspace: Workspace, path: string, specifier: string): Problem | null {
  const target = posix.join(posix.dirname(path), specifier);
  if (workspace.folder === "") {
    // Examples export nothing: demo and e2e drive them by their files.
    return target.startsWith("packages/") ? `reaches into ${target}; import the package by its name` : null;
  }
  // Any test may start a real broker or database, and so may the bench.
  if (target.startsWith("scripts/services/") && (isTest(path) || workspace.folder === "bench")) return null;
  // Any test may ask at which size it runs.
  if (target === "e2e/sizes.ts" && isTest(path)) return null;
  return target.startsWith(`${workspace.folder}/`)
    ? null
    : `leaves its package for ${target}; import the other package by its name`;
}

function packageProblem(workspace: Workspace, path: string, specifier: string, ours: ReadonlySet<string>): Problem | null {
  const name = packageName(specifier);
  if (workspace.name === CORE && !isTest(path) && BROKERS_AND_DATABASES.test(name))
    return `imports ${name}; core knows no broker or database`;
  if (builtinModules.includes(name.replace(/^node:/, "")) || name.startsWith("node:")) return null;
  if (name === workspace.name) return isTest(path) ? null : "imports its own package by name; use a relative import";
  if (ours.has(name) && !mayImport(workspace, path, name)) return `imports ${name}; ${rule(workspace)}`;
  if (workspace.folder === "" && ours.has(name)) return null;
  if (workspace.dependencies.includes(name)) return null;
  if (!workspace.devDependencies.includes(name)) return `imports ${name}, which ${manifest(workspace)} does not declare`;
  // What is published may lean only on what is installed with it; the root and the examples are not published.
  const isPublished = workspace.folder.startsWith("packages/") && !isTest(path) && !isBundled(path);
  return isPublished ? `imports ${name}, which ${manifest(workspace)} declares for development only` : null;
}

function mayImport(workspace: Workspace, path: string, name: string): boolean {
  if (!workspace.folder.startsWith("packages/")) return true;
  if (isTest(path) && workspace.devDependencies.includes(name)) return true;
  const allowed = MAY_IMPORT[workspace.name] ?? [CORE];
  return allowed === "everything" || allowed.includes(name) || (isTest(path) && name === TESTING);
}

function rule(workspace: Workspace): string {
  if (workspace.name === CORE) return "core imports nothing of ours";
  if (MAY_IMPORT[workspace.name]?.length === 0) return "the page knows the API and nothing else of ours";
  return `an adapter imports ${CORE} only, and what its tests need as a devDependency`;
}

function unusedProblems(workspace: Workspace, used: ReadonlySet<string>): Problem[] {
  return workspace.dependencies
    .filter((name) => !used.has(name))
    .map((name) => `${manifest(workspace)} declares ${name}, which nothing there imports; remove it`);
}

function manifest(workspace: Workspace): string {
  return workspace.folder === "" ? "package.json" : `${workspace.folder}/package.json`;
}

/** A test, or what is never published: a package's `test` folder. */
function isTest(path: string): boolean {
  return path.endsWith(".test.ts") || /^(?:packages|examples)\/[^/]+\/test\//.test(path);
}

/** A page for browsers: what it imports is built into it. */
function isBundled(path: string): boolean {
  return /^packages\/[^/]+\/page\//.test(path);
}

/** `@throughline/testing` of `@throughline/testing/conformance`. */
function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
