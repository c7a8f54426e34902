/** One rule of the design, broken in one place. */
export interface Break {
  /** Unique; what goes wrong, in a few words. */
  readonly name: string;
  /** R1 to R17. */
  readonly rule: string;
  /** The source file, from the repository's root. */
  readonly file: string;
  /** What stands in it exactly once. Short, so that edits around it leave it alone. */
  readonly find: string;
  /** What stands there when the rule is broken. The file must still load: a module that does not load proves nothing. */
  readonly replace: string;
  /** The test files that must notice, the quickest first. */
  readonly tests: readonly string[];
}

/** The source with the rule broken. Throws when what is to be broken is gone, or stands there more than once. */
export function broken(source: string, { name, file, find, replace }: Break): string {
  const parts = source.split(find);
  if (parts.length === 2) return parts.join(replace);
  const found = parts.length === 1 ? "is gone from" : `stands ${parts.length - 1} times in`;
  throw new Error(
    `the break "${name}" cannot be made: its text ${found} ${file}; say in scripts/sabotage/breaks what to break now`,
  );
}
