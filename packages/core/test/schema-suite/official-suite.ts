import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { JsonSchema } from "../../src/contract/json-schema.ts";
import { cacheFolder } from "../../../../scripts/services/maven-jars.ts";

export interface SuiteTest {
  readonly description: string;
  readonly data: unknown;
  readonly valid: boolean;
}

export interface SuiteGroup {
  readonly file: string;
  readonly description: string;
  readonly schema: JsonSchema | boolean;
  readonly tests: readonly SuiteTest[];
}

export interface OfficialSuite {
  /** The required tests of a draft. */
  groups(draft: "draft7" | "draft2020-12"): SuiteGroup[];
  /** The optional tests of a file, for those that the house chose: formats are checked. */
  optional(draft: "draft7" | "draft2020-12", file: string): SuiteGroup[];
  /** What stands under http://localhost:1234/, by its URI. */
  readonly remotes: Readonly<Record<string, JsonSchema | boolean>>;
}

/** A source distribution that holds the suite as it was when it was made. No package of npm holds it. */
const packaged = "jsonschema==4.26.0";
const run = promisify(execFile);

/**
 * The official JSON-Schema-Test-Suite: from the folder that `THROUGHLINE_JSON_SCHEMA_SUITE` names, or beside the peers' vectors, or
 * out of the Python package that carries it, by pip. A string says why there is none.
 */
export async function officialSuite(): Promise<OfficialSuite | string> {
  const beside = join(import.meta.dirname, "../../../../../shared/vectors/JSON-Schema-Test-Suite");
  const given = process.env["THROUGHLINE_JSON_SCHEMA_SUITE"] ?? (existsSync(beside) ? beside : undefined);
  try {
    return suiteIn(given ?? (await unpacked()));
  } catch (error) {
    return `the suite cannot be had: ${(error as Error).message.split("\n", 1)[0]}`;
  }
}

/** Fetched once, for all clones of a user. */
async function unpacked(): Promise<string> {
  const kept = join(cacheFolder(), "python", packaged.replace("==", "-"));
  if (existsSync(kept)) return join(kept, "json");
  mkdirSync(join(cacheFolder(), "python"), { recursive: true });
  const folder = mkdtempSync(join(cacheFolder(), "python", "unfinished-"));
  try {
    const options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", ":all:", "--dest", folder];
    await run("python3", ["-m", "pip", "download", ...options, packaged], { timeout: 240_000 });
    const archive = readdirSync(folder).find((name) => name.endsWith(".tar.gz")) ?? "";
    await run("python3", ["-m", "tarfile", "-e", join(folder, archive), folder], { timeout: 60_000 });
    renameSync(join(folder, archive.replace(".tar.gz", "")), kept);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return join(kept, "json");
}

function suiteIn(folder: string): OfficialSuite {
  const read = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
  const groupsOf = (path: string, file: string): SuiteGroup[] =>
    (read(path) as Omit<SuiteGroup, "file">[]).map((group) => ({ ...group, file }));
  const remotes: Record<string, JsonSchema | boolean> = {};
  const root = join(folder, "remotes");
  for (const path of readdirSync(root, { recursive: true, encoding: "utf8" }))
    if (path.endsWith(".json")) remotes[`http://localhost:1234/${path}`] = read(join(root, path)) as JsonSchema;
  return {
    remotes,
    groups(draft) {
      const files = readdirSync(join(folder, "tests", draft)).filter((name) => name.endsWith(".json"));
      return files.sort().flatMap((file) => groupsOf(join(folder, "tests", draft, file), file));
    },
    optional: (draft, file) => groupsOf(join(folder, "tests", draft, "optional", file), `optional/${file}`),
  };
}
