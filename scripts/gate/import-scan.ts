/** One module that a source file imports. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
}

// The formatter puts every import and re-export at the start of a line; examples in comments never stand there.
const STATIC = /^(?:import|export)\b(?:[^;"'`]*?\bfrom)?\s*"([^"]+)"/gm;
const CALLED = /(?<![.\w])(?:import|import\.meta\.resolve)\(\s*"([^"]+)"/g;
const REQUIRED = /(?<![.\w])require(?:\.resolve)?\(\s*"([^"]+)"/g;

/** The modules that a formatted TypeScript file imports, statically or by a call with a plain string. */
export function importsOf(source: string): Import[] {
  const found: (Import & { index: number })[] = [];
  const add = (index: number, specifier: string | undefined): void => {
    if (specifier !== undefined) found.push({ index, specifier, line: source.slice(0, index).split("\n").length });
  };
  for (const match of source.matchAll(STATIC)) add(match.index, match[1]);
  // In a module `require` is a name like any other, unless it was made by `createRequire`.
  const called = source.includes("createRequire") ? [CALLED, REQUIRED] : [CALLED];
  for (const pattern of called) {
    for (const match of source.matchAll(pattern)) if (isCode(source, match.index)) add(match.index, match[1]);
  }
  return found.sort((a, b) => a.index - b.index).map(({ specifier, line }) => ({ specifier, line }));
}

/** Whether what stands at `index` is neither in a comment nor in a string, as far as its line tells. */
function isCode(source: string, index: number): boolean {
  const before = source.slice(source.lastIndexOf("\n", index) + 1, index);
  const isComment = /^\s*(?:\*|\/\*)/.test(before) || /(?:^|\s)\/\//.test(before);
  const isString = ["'", '"', "`"].some((quote) => before.split(quote).length % 2 === 0);
  return !isComment && !isString;
}
