import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const oldest = 17;

/**
 * The path of a `java` of version 17 or later: from `JAVA_HOME`, the `PATH`, or where Linux distributions and macOS put them.
 * @throws when there is none, saying what to install.
 */
export async function findJava(): Promise<string> {
  const found: string[] = [];
  for (const java of candidates()) {
    const version = await majorVersion(java);
    if (version === null) continue;
    if (version >= oldest) return java;
    found.push(`${java} is version ${version}`);
  }
  const hint = "install a Java runtime (Debian: apt-get install openjdk-17-jre-headless), or set JAVA_HOME";
  throw new Error(`Kafka's broker needs Java ${oldest} or later; ${found.join(", ") || "no java was found"}: ${hint}`);
}

function candidates(): string[] {
  const home = process.env["JAVA_HOME"];
  const folders = ["/usr/lib/jvm", "/Library/Java/JavaVirtualMachines"].filter((folder) => existsSync(folder));
  const installed = folders.flatMap((folder) =>
    readdirSync(folder).flatMap((name) => [join(folder, name, "bin/java"), join(folder, name, "Contents/Home/bin/java")]),
  );
  return [...(home === undefined ? [] : [join(home, "bin", "java")]), "java", ...installed.filter((path) => existsSync(path))];
}

async function majorVersion(java: string): Promise<number | null> {
  try {
    // On standard error, as every Java does.
    const { stderr } = await promisify(execFile)(java, ["-version"]);
    const version = /version "(?:1\.)?(\d+)/.exec(stderr)?.[1];
    return version === undefined ? null : Number(version);
  } catch {
    return null;
  }
}
