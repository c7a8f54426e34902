import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { cliError } from "../../cli-errors.ts";
import { replaceFile } from "../lock-file.ts";

const mark = `// Written by "throughline contracts pull" for`;

/**
 * Writes a module, and never over a file that is somebody's: one that has not our mark, is another contract's, or was changed since.
 * Answers whether its text is another now. Throws `CLI_FILE_NOT_OURS` and `CLI_FILE_UNWRITABLE`.
 */
export async function writePulledFile(file: string, type: string, text: string): Promise<boolean> {
  const whole = `${mark} ${type}. Do not change it: pull it again.\n// Checksum: ${checksum(text)}\n${text}`;
  if (existsSync(file)) {
    const before = await readFile(file, "utf8");
    if (before === whole) return false;
    const why = whyNotOurs(before, type);
    if (why !== null) throw cliError("CLI_FILE_NOT_OURS", { file, why });
  } else
    await mkdir(dirname(file), { recursive: true }).catch((error: unknown) => {
      throw cliError("CLI_FILE_UNWRITABLE", { file, what: (error as NodeJS.ErrnoException).code ?? "?" }, error);
    });
  await replaceFile(file, whole);
  return true;
}

function whyNotOurs(text: string, type: string): string | null {
  const [first = "", second = "", ...rest] = text.split(/\r?\n/);
  if (!first.startsWith(mark)) return `"throughline contracts pull" did not write it`;
  if (!first.startsWith(`${mark} ${type}. `)) return `it is the contract of another type, whose name makes the same file's name`;
  const written = /^\/\/ Checksum: (\w+)$/.exec(second)?.[1];
  return written === checksum(rest.join("\n")) ? null : "it was changed since it was written";
}

/** Of what it says: a formatter may have changed how. */
function checksum(text: string): string {
  return createHash("sha256")
    .update(text.replaceAll(/[\s,;()'"`*]/g, ""))
    .digest("hex")
    .slice(0, 16);
}
