// Who may import whom (design, "the house"): node scripts/run.mjs scripts/boundaries.ts
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { boundaryProblems } from "./gate/boundary-rules.ts";
import { filesMatching, root } from "./gate/repository.ts";
import { readWorkspaces } from "./gate/workspaces.ts";

const files = filesMatching(["{packages,examples,scripts,bench,e2e}/**/*.{ts,tsx,mts}"]);
const problems = boundaryProblems(
  readWorkspaces(),
  files.map((path) => ({ path, text: readFileSync(join(root, path), "utf8") })),
);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`${files.length} files keep the import rules`);
