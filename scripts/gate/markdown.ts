/** A fenced block of code in a page. */
export interface CodeBlock {
  /** What stands behind the fence, in words: `ts`, then options. */
  readonly info: readonly string[];
  /** The number of the first line of code, from 1. */
  readonly line: number;
  readonly code: string;
}

const FENCE = /^(?<indent> {0,3})(?<marks>`{3,}|~{3,})(?<info>[^`]*)$/;

interface Page {
  readonly blocks: CodeBlock[];
  /** The lines outside of code blocks; those inside are empty, so that numbers stay. */
  readonly prose: string[];
}

/** Splits a page into its code blocks and its prose. */
export function readPage(markdown: string): Page {
  const blocks: CodeBlock[] = [];
  const prose: string[] = [];
  let open: { marks: string; info: string[]; line: number; code: string[] } | null = null;
  for (const [index, line] of markdown.split("\n").entries()) {
    const { marks, info = "" } = FENCE.exec(line)?.groups ?? {};
    if (open === null && marks !== undefined) open = { marks, info: info.trim().split(/\s+/), line: index + 2, code: [] };
    else if (open !== null && marks?.startsWith(open.marks) && info.trim() === "") {
      blocks.push({ info: open.info, line: open.line, code: open.code.join("\n") });
      open = null;
    } else if (open !== null) open.code.push(line);
    prose.push(open === null && marks === undefined ? line : "");
  }
  return { blocks, prose };
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const line of readPage(markdown).prose) {
    const title = /^#{1,6}\s+(.+?)\s*#*$/.exec(line)?.[1];
    if (title === undefined) continue;
    const plain = title.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*]/g, "");
    const anchor = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    let unique = anchor;
    for (let n = 1; anchors.has(unique); n++) unique = `${anchor}-${n}`;
    anchors.add(unique);
  }
  return anchors;
}

/** The targets of a page's links and images, with the numbers of their lines. */
export function linksOf(markdown: string): { target: string; line: number }[] {
  return readPage(markdown).prose.flatMap((text, index) => {
    const prose = text.replace(/`[^`]*`/g, "");
    const inline = [...prose.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)];
    const reference = [...prose.matchAll(/^\[[^\]]+\]:\s+<?(\S+?)>?(?:\s|$)/g)];
    return [...inline, ...reference].map((match) => ({ target: match[1] ?? "", line: index + 1 }));
  });
}
