import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Workspace } from "./boundary-rules.ts";
import { filesMatching, root } from "./repository.ts";

/** The packages that have a package.json, the examples, the bench, and the root. */
export function readWorkspaces(): Workspace[] {
  return filesMatching(["{packages,examples}/*/package.json", "bench/package.json", "package.json"]).map((path) => {
    const manifest = JSON.parse(readFileSync(join(root, path), "utf8")) as Record<string, unknown>;
    const names = (field: string): string[] => Object.keys(manifest[field] ?? {});
    return {
      folder: path === "package.json" ? "" : dirname(path),
      name: String(manifest["name"]),
      dependencies: [...names("dependencies"), ...names("peerDependencies"), ...names("optionalDependencies")],
      devDependencies: names("devDependencies"),
    };
  });
}
