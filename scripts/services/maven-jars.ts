import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

const mavenCentral = "https://repo.maven.apache.org/maven2";
const downloadsAtOnce = 6;

/** `group:artifact:version` → the jar's SHA-256, in hex. */
export type Jars = Readonly<Record<string, string>>;

/**
 * Where downloaded jars are kept, for all clones of one user: `THROUGHLINE_CACHE`, or `throughline` in the user's cache folder.
 */
export function cacheFolder(): string {
  const { THROUGHLINE_CACHE: given, XDG_CACHE_HOME: xdg } = process.env;
  return given ?? join(xdg ?? join(homedir(), ".cache"), "throughline");
}

/**
 * Fetches the jars that are not in the cache yet, checks each against its SHA-256, and answers with their paths. Safe to run in
 * many processes at once.
 *
 * From Maven Central, or from `THROUGHLINE_MAVEN` (a repository's URL), or from a mirror of `central` in `~/.m2/settings.xml`.
 * Behind a proxy, set `HTTPS_PROXY` and `NODE_USE_ENV_PROXY=1`.
 */
export async function fetchJars(jars: Jars): Promise<string[]> {
  const names = Object.keys(jars);
  const paths = names.map((name) => join(cacheFolder(), "maven", jarPath(name)));
  const missing = names.map((name, i) => ({ name, path: paths[i] as string })).filter(({ path }) => !existsSync(path));
  if (missing.length === 0) return paths;
  const repository = await repositoryUrl();
  console.error(`fetching ${missing.length} jars into ${cacheFolder()} …`);
  const queue = [...missing];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      await download(`${repository}/${jarPath(next.name)}`, next.path, jars[next.name] as string);
  };
  await Promise.all(Array.from({ length: downloadsAtOnce }, worker));
  return paths;
}

async function download(url: string, path: string, sha256: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(300_000) }).catch((cause: unknown) => {
    throw new Error(`${url} cannot be fetched; set THROUGHLINE_MAVEN to a repository that this machine reaches`, { cause });
  });
  if (!response.ok) throw new Error(`${url} answers ${response.status}; set THROUGHLINE_MAVEN to a repository that has it`);
  const bytes = Buffer.from(await response.arrayBuffer());
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== sha256) throw new Error(`${url} has SHA-256 ${found}, and ${sha256} was expected; it is not used`);
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.${randomUUID()}`;
  await writeFile(unfinished, bytes);
  await rename(unfinished, path);
}

/** `org.slf4j:slf4j-api:1.7.36` → `org/slf4j/slf4j-api/1.7.36/slf4j-api-1.7.36.jar` */
function jarPath(name: string): string {
  const [group = "", artifact = "", version = ""] = name.split(":");
  return [...group.split("."), artifact, version, `${artifact}-${version}.jar`].join("/");
}

async function repositoryUrl(): Promise<string> {
  const given = process.env["THROUGHLINE_MAVEN"] ?? mirrorOfCentral(await mavenSettings()) ?? mavenCentral;
  return given.replace(/\/$/, "");
}

function mavenSettings(): Promise<string> {
  return readFile(join(homedir(), ".m2", "settings.xml"), "utf8").catch(() => "");
}

/** The URL of the mirror that stands for Maven Central in a `settings.xml`, or null. */
export function mirrorOfCentral(settings: string): string | null {
  const withoutComments = settings.replace(/<!--.*?-->/gs, "");
  for (const [, mirror = ""] of withoutComments.matchAll(/<mirror>(.*?)<\/mirror>/gs)) {
    const [of, url] = ["mirrorOf", "url"].map((tag) => new RegExp(`<${tag}>\\s*(.*?)\\s*</${tag}>`, "s").exec(mirror)?.[1]);
    const names = (of ?? "").split(",").map((name) => name.trim());
    const isMeant = names.some((name) => ["*", "external:*", "central"].includes(name)) && !names.includes("!central");
    if (url !== undefined && isMeant) return url;
  }
  return null;
}
