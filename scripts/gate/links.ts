import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { anchorsOf, linksOf } from "./markdown.ts";

/** The relative links of a page that lead nowhere, or to a heading that is not there. */
export function brokenLinks(root: string, page: string): string[] {
  const markdown = readFileSync(join(root, page), "utf8");
  return linksOf(markdown).flatMap(({ target, line }) => {
    if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return [];
    const [path = "", anchor] = target.split("#");
    const file =
      path === ""
        ? join(root, page)
        : path.startsWith("/")
          ? join(root, path)
          : join(root, dirname(page), decodeURIComponent(path));
    if (relative(root, file).startsWith("..")) return [`${page}:${line} ${target} leaves the repository`];
    if (!existsSync(file)) return [`${page}:${line} ${target} does not exist`];
    if (anchor === undefined || anchor === "" || statSync(file).isDirectory() || !file.endsWith(".md")) return [];
    return anchorsOf(readFileSync(file, "utf8")).has(anchor)
      ? []
      : [`${page}:${line} ${target}: no heading there makes #${anchor}`];
  });
}
