import { filesMatching } from "./repository.ts";

/** Tests of a unit run in one process each and need no server; the others start processes, brokers or databases. */
export interface TestFiles {
  readonly unit: string[];
  readonly integration: string[];
}

/**
 * Every test of the repository, or those whose path contains one of `filters`.
 */
export function testFiles(filters: readonly string[] = []): TestFiles {
  const wanted = filters.map((filter) => filter.replace(/^\.\//, ""));
  const all = filesMatching(["{packages,examples,scripts,bench,e2e}/**/*.test.ts"]).filter(
    (file) => wanted.length === 0 || wanted.some((filter) => file.includes(filter)),
  );
  const isIntegration = (file: string): boolean => file.endsWith(".int.test.ts") || file.startsWith("e2e/");
  return { unit: all.filter((file) => !isIntegration(file)), integration: all.filter(isIntegration) };
}
