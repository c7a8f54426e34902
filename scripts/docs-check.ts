// Are the docs true? Error codes and their page agree, what pages show compiles, links lead somewhere.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { errorCodesOf, errorPageProblems } from "./gate/error-page.ts";
import { brokenLinks } from "./gate/links.ts";
import { filesMatching, root } from "./gate/repository.ts";
import { compileProblems, shownModules } from "./gate/shown-code.ts";

const read = (path: string): string => readFileSync(join(root, path), "utf8");

async function errorProblems(): Promise<string[]> {
  const page = "docs/reference/errors.md";
  const catalogues = new Map<string, string[]>();
  for (const file of filesMatching(["packages/*/src/errors/catalogue.ts", "packages/*/src/*-errors.ts"])) {
    const module = (await import(pathToFileURL(join(root, file)).href)) as Record<string, unknown>;
    catalogues.set(file, errorCodesOf(module));
  }
  if (!existsSync(join(root, page))) return [`${page} does not exist`];
  return errorPageProblems(read(page), catalogues).map((problem) => `${page}: ${problem}`);
}

const pages = filesMatching(["*.md", "docs/**/*.md", "{packages,examples}/*/*.md"]);
const shown = filesMatching(["README.md", "docs/guide/*.md"]).flatMap((page) => shownModules(page, read(page)));
const problems = [...(await errorProblems()), ...pages.flatMap((page) => brokenLinks(root, page)), ...compileProblems(shown)];

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`${pages.length} pages hold, ${shown.length} shown modules compile`);
