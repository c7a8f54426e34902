import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Workspace } from "./boundary-rules.ts";
import { holdsCrashPoints, withoutCrashPoints } from "./crash-points.ts";
import { filesMatching, root, tool } from "./repository.ts";

/** The packages in an order in which each comes after those it depends on. */
export function inBuildOrder(packages: readonly Workspace[]): Workspace[] {
  const ordered: Workspace[] = [];
  const visit = (workspace: Workspace, path: readonly string[]): void => {
    if (path.includes(workspace.name))
      throw new Error(`packages depend on each other in a circle: ${[...path, workspace.name].join(" → ")}`);
    if (ordered.includes(workspace)) return;
    for (const needed of packages) if (workspace.dependencies.includes(needed.name)) visit(needed, [...path, workspace.name]);
    ordered.push(workspace);
  };
  for (const workspace of packages) visit(workspace, []);
  return ordered;
}

/**
 * Emits a package's `dist`: JavaScript, declarations, source maps, and the files beside them that are no TypeScript.
 * The packages it depends on must be built: it is compiled against their declarations, as its users will be.
 * @returns The compiler's complaints; empty when all is well.
 */
export function buildPackage(folder: string): string {
  const dist = join(root, folder, "dist");
  rmSync(dist, { recursive: true, force: true });
  const configs = join(root, ".data", "build");
  mkdirSync(configs, { recursive: true });
  const config = join(configs, `${folder.replaceAll("/", "--")}.json`);
  const settings = {
    extends: relative(configs, join(root, "tsconfig.base.json")),
    compilerOptions: {
      // Without our own condition, imports of our other packages lead to their dist.
      customConditions: [],
      rootDir: join(root, folder, "src"),
      outDir: dist,
      declaration: true,
      sourceMap: true,
      inlineSources: true,
      stripInternal: true,
    },
    include: [join(root, folder, "src")],
    exclude: [join(root, folder, "src/**/*.test.ts")],
  };
  writeFileSync(config, JSON.stringify(settings, null, 2));
  const compiled = spawnSync(tool("tsc"), ["-p", config, "--pretty", "false"], { cwd: root, encoding: "utf8" });
  if (compiled.status !== 0) return `${compiled.stdout}${compiled.stderr}`.trim() || String(compiled.error);
  copyAssets(folder, dist);
  makeExecutable(folder);
  return "";
}

/**
 * Removes every crash point from a built package. Only when all packages are built: they are compiled against one another.
 * @returns Where one is left; empty when all is well.
 */
export function removeCrashPoints(folder: string): string {
  const dist = join(root, folder, "dist");
  rmSync(join(dist, "crash"), { recursive: true, force: true });
  const left: string[] = [];
  for (const file of filesMatching(["**/*.{js,d.ts}"], dist)) {
    const stripped = withoutCrashPoints(readFileSync(join(dist, file), "utf8"));
    writeFileSync(join(dist, file), stripped);
    if (holdsCrashPoints(stripped)) left.push(`${folder}/dist/${file} still knows of crash points`);
  }
  return left.join("\n");
}

function copyAssets(folder: string, dist: string): void {
  const source = join(root, folder, "src");
  for (const file of filesMatching(["**/*.*"], source)) {
    if (/\.[cm]?tsx?$/.test(file)) continue;
    mkdirSync(dirname(join(dist, file)), { recursive: true });
    cpSync(join(source, file), join(dist, file));
  }
}

function makeExecutable(folder: string): void {
  const { bin = {} } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as { bin?: Record<string, string> };
  for (const program of Object.values(bin)) {
    const file = join(root, folder, program);
    if (!existsSync(file)) throw new Error(`${folder}/package.json names ${program} as a program, and the build did not make it`);
    chmodSync(file, 0o755);
  }
}
