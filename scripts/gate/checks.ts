import { join } from "node:path";
import { root, tool } from "./repository.ts";
import type { Step } from "./run-steps.ts";

/** What must hold before any test is worth running, quickest first. */
export const checks: readonly Step[] = [
  { name: "format", command: tool("oxfmt"), args: ["--list-different", "."] },
  { name: "lint", command: tool("oxlint"), args: ["--deny-warnings"] },
  { name: "types", command: tool("tsc"), args: ["-p", "tsconfig.json", "--pretty", "false"] },
  { name: "types of the page", command: tool("tsc"), args: ["-p", "packages/console/page/tsconfig.json", "--pretty", "false"] },
  script("boundaries"),
  script("docs", "docs-check"),
];

function script(name: string, file: string = name): Step {
  return { name, command: process.execPath, args: [join(root, "scripts", `${file}.ts`)] };
}
