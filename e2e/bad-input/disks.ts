import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { NotPossibleHere } from "./case.ts";

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;

async function mount(...args: string[]): Promise<void> {
  await run("mount", args).catch((error: Error) => {
    throw new NotPossibleHere(`mounting is not permitted here: ${error.message.trim()}`);
  });
}

/** A file or folder that cannot be written, until the function that it answers with is called. Permissions mean nothing to root. */
export async function readOnly(path: string): Promise<() => Promise<void>> {
  if (!isRoot) {
    const { mode } = await stat(path);
    await chmod(path, mode & 0o555);
    return async () => {
      // SQLite gives the files that it makes beside a database the permissions of the database.
      for (const file of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(file)) await chmod(file, mode);
    };
  }
  await mount("--bind", path, path);
  const undo = async (): Promise<void> => void (await run("umount", ["--lazy", path]));
  await mount("-o", "remount,bind,ro", path).catch(async (error: unknown) => {
    await undo();
    throw error;
  });
  return undo;
}

export interface SmallDisk {
  readonly folder: string;
  /** Takes all of the space that is left. */
  fill(): Promise<void>;
  /** Gives it back. */
  free(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A disk of a few megabytes, 6 by default. */
export async function smallDisk(folder: string, megabytes = 6): Promise<SmallDisk> {
  if (!isRoot) throw new NotPossibleHere("a small disk is mounted for this, and only root may do that");
  await mkdir(folder);
  await mount("-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder);
  const ballast = join(folder, "ballast");
  return {
    folder,
    async fill() {
      const file = await open(ballast, "a");
      try {
        for (const bytes of [65_536, 4_096]) while (await hasRoomFor(() => file.appendFile(Buffer.alloc(bytes))));
      } finally {
        await file.close();
      }
    },
    free: () => rm(ballast, { force: true }),
    async [Symbol.asyncDispose]() {
      await run("umount", ["--lazy", folder]);
    },
  };
}

async function hasRoomFor(write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") return false;
    throw error;
  }
}
