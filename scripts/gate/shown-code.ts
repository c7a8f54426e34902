import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readPage } from "./markdown.ts";
import { root, tool } from "./repository.ts";

/** A TypeScript module made of what a page shows, with the line numbers of the page. */
export interface ShownModule {
  readonly page: string;
  readonly line: number;
  readonly code: string;
}

/**
 * The modules that a page shows: each block marked `ts` is one; a block marked `ts continued` goes on with the one before it.
 */
export function shownModules(page: string, markdown: string): ShownModule[] {
  const modules: { page: string; line: number; lines: string[] }[] = [];
  for (const { info, line, code } of readPage(markdown).blocks) {
    if (info[0] !== "ts") continue;
    let module = modules.at(-1);
    if (info[1] !== "continued" || module === undefined) {
      module = { page, line, lines: [] };
      modules.push(module);
    }
    while (module.lines.length < line - 1) module.lines.push("");
    module.lines.push(...code.split("\n"));
  }
  return modules.map(({ lines, ...module }) => ({ ...module, code: `${lines.join("\n")}\n` }));
}

/** Compiles what pages show against the packages' sources; returns the compiler's complaints with the pages' own lines. `folder` is emptied; it lies two below the root. */
export function compileProblems(modules: readonly ShownModule[], folder: string = join(root, ".data", "docs-check")): string[] {
  if (modules.length === 0) return [];
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const pages = new Map<string, string>();
  for (const module of modules) {
    const file = `${module.page.replaceAll("/", "--")}--${module.line}.ts`;
    pages.set(file, module.page);
    writeFileSync(join(folder, file), module.code);
  }
  const settings = {
    extends: "../../tsconfig.base.json",
    // An example declares what a reader goes on with.
    compilerOptions: { noEmit: true, noUnusedLocals: false, noUnusedParameters: false, moduleDetection: "force" },
    include: ["*.ts"],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
  const compiled = spawnSync(tool("tsc"), ["-p", folder, "--pretty", "false"], { cwd: folder, encoding: "utf8" });
  if (compiled.error) return [`tsc could not be started: ${compiled.error.message}`];
  if (compiled.status === 0) return [];
  const complaints = `${compiled.stdout}${compiled.stderr}`.trim().split("\n");
  return complaints.map((line) =>
    line.replace(/^([^(\s]+\.ts)\((\d+),\d+\)/, (whole, file: string, at: string) =>
      pages.has(file) ? `${pages.get(file)}:${at}` : whole,
    ),
  );
}
