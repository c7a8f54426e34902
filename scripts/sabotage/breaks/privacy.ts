import type { Break } from "../break.ts";

/** R15: private fields stay private. */
export const privacyBreaks: readonly Break[] = [
  {
    name: "personal values in error texts",
    rule: "R15",
    file: "packages/core/src/handling/failure.ts",
    find: "personal.maskText(text)",
    replace: "text",
    tests: ["packages/core/test/sabotage-gaps.test.ts"],
  },
  {
    name: "personal values in a contract's complaints",
    rule: "R15",
    file: "packages/core/src/contract/personal-paths.ts",
    find: "if (matched === names.length)",
    replace: "if (false)",
    tests: ["packages/core/src/contract/explain-errors.test.ts"],
  },
  {
    name: "personal values in log lines",
    rule: "R15",
    file: "packages/core/src/logging/handler-log.ts",
    find: "this.#personal === undefined ? text : maskLine(text, this.#personal)",
    replace: "text",
    tests: ["packages/core/src/logging/handler-log.test.ts"],
  },
  {
    name: "personal values of an older version",
    rule: "R15",
    file: "packages/core/src/handling/outcome-book.ts",
    find: "[asItCame, asGiven]",
    replace: "asItCame",
    tests: ["packages/core/test/attack-privacy.test.ts"],
  },
  {
    name: "personal values in codes of errors",
    rule: "R15",
    file: "packages/core/src/handling/failure.ts",
    find: "mask(code, messageLimit)",
    replace: "code",
    tests: ["packages/core/test/attack-privacy.test.ts"],
  },
  {
    name: "personal values as JSON writes them",
    rule: "R15",
    file: "packages/core/src/logging/personal-values.ts",
    find: "if (escaped !== text)",
    replace: "if (escaped === text)",
    tests: ["packages/core/test/attack-privacy.test.ts"],
  },
];
