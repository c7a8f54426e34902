import { readPage } from "./markdown.ts";

/** The codes of an error catalogue module: of each exported object whose rows all have a message. */
export function errorCodesOf(module: Record<string, unknown>): string[] {
  const isRow = (row: unknown): boolean => typeof (row as { message?: unknown } | null)?.message === "function";
  return Object.values(module).flatMap((table) => {
    if (typeof table !== "object" || table === null) return [];
    const rows = Object.entries(table);
    return rows.length > 0 && rows.every(([, row]) => isRow(row)) ? rows.map(([code]) => code) : [];
  });
}

/** Where the error page and the catalogues differ: a code without its section `### CODE`, a section without its code, one of either twice. */
export function errorPageProblems(markdown: string, catalogues: ReadonlyMap<string, readonly string[]>): string[] {
  const problems: string[] = [];
  const homes = new Map<string, string>();
  for (const [file, codes] of catalogues) {
    for (const code of codes) {
      const other = homes.get(code);
      if (other !== undefined) problems.push(`${code} stands in ${other} and in ${file}; a code has one meaning`);
      homes.set(code, file);
    }
  }
  const sections = readPage(markdown).prose.flatMap((line) => /^### `?([A-Z][A-Z0-9_]+)`?\s*$/.exec(line)?.[1] ?? []);
  for (const [code, file] of homes)
    if (!sections.includes(code)) problems.push(`${code} of ${file} has no section "### ${code}"`);
  for (const section of new Set(sections)) {
    if (!homes.has(section)) problems.push(`section ${section} belongs to no code of any catalogue; remove it`);
    if (sections.indexOf(section) !== sections.lastIndexOf(section)) problems.push(`section ${section} stands there twice`);
  }
  return problems;
}
