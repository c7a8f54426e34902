import { filesMatching } from "./repository.ts";

export interface TestFiles {
  /** Run in one process each, and need no server. */
  readonly unit: string[];
  /** Start processes, brokers or databases, and wait for them most of the time. */
  readonly integration: string[];
  /** Whole systems, and what is measured: each uses all of the machine. */
  readonly endToEnd: string[];
}

/**
 * Every test of the repository, or those whose path contains one of `filters`.
 */
export function testFiles(filters: readonly string[] = []): TestFiles {
  const wanted = filters.map((filter) => filter.replace(/^\.\//, ""));
  const all = filesMatching(["{packages,examples,scripts,bench,e2e}/**/*.test.ts"]).filter(
    (file) => wanted.length === 0 || wanted.some((filter) => file.includes(filter)),
  );
  const isEndToEnd = (file: string): boolean => file.startsWith("e2e/") || file === "bench/bench.int.test.ts";
  const isIntegration = (file: string): boolean => !isEndToEnd(file) && file.endsWith(".int.test.ts");
  return {
    unit: all.filter((file) => !isEndToEnd(file) && !isIntegration(file)),
    integration: all.filter(isIntegration),
    endToEnd: all.filter(isEndToEnd),
  };
}
