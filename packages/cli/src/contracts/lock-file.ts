import { createHash, randomUUID } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import { access, constants, open, readFile, rename, rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { type ContractsLock, parseContractsLock, readContractsLock } from "throughline/contracts";
import { cliError } from "../cli-errors.ts";
import { lockText } from "./next-lock.ts";

/** Nobody works on the file for so long. */
const patienceMs = 20_000;

/** Null where there is none. Throws `CONTRACTS_LOCK_INVALID`. */
export async function readLockFile(file: string): Promise<ContractsLock | null> {
  return existsSync(file) ? readContractsLock(file) : null;
}

/** Whether the lock can be put in its place, said before anything else is done. Throws `CLI_FILE_UNWRITABLE`. */
export async function refuseUnwritable(file: string): Promise<void> {
  await access(dirname(resolve(file)), constants.W_OK).catch((error: unknown) => {
    throw cliError("CLI_FILE_UNWRITABLE", { file, what: (error as NodeJS.ErrnoException).code ?? "?" }, error);
  });
}

/**
 * Changes the lock: reads it, makes the next one of it, and puts that in its place, whole or not at all. Two that do so at once do it one
 * after the other. Null leaves it as it is. Answers whether the file's text is another now. Throws `CLI_FILE_UNWRITABLE` and `CONTRACTS_LOCK_INVALID`.
 */
export async function changeLockFile(
  file: string,
  change: (previous: ContractsLock | null) => ContractsLock | null,
): Promise<boolean> {
  await using _turn = await takeTurn(file);
  const before = existsSync(file) ? await readFile(file, "utf8") : null;
  const next = change(before === null ? null : parseContractsLock(before, file));
  if (next === null) return false;
  const text = lockText(next);
  if (text === before) return false;
  await replaceFile(file, text);
  return true;
}

/** Puts a text in a file's place, whole or not at all. Throws `CLI_FILE_UNWRITABLE`. */
export async function replaceFile(file: string, text: string): Promise<void> {
  const whole = join(dirname(file), `.${basename(file)}.${randomUUID()}`);
  try {
    const handle = await open(whole, "wx");
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(whole, file);
  } catch (error) {
    await rm(whole, { force: true });
    throw cliError("CLI_FILE_UNWRITABLE", { file, what: (error as NodeJS.ErrnoException).code ?? String(error) }, error);
  }
}

/** By a lock of the operating system, which goes with its process, however that ends. */
async function takeTurn(file: string): Promise<AsyncDisposable> {
  const folder = dirname(resolve(file));
  const place = join(existsSync(folder) ? realpathSync(folder) : folder, basename(file));
  const name = createHash("sha256").update(`${userInfo().uid} ${place}`).digest("hex").slice(0, 24);
  const turn = new DatabaseSync(join(tmpdir(), `throughline-lock-${name}`), { timeout: 0 });
  const endsAt = performance.now() + patienceMs;
  for (;;) {
    try {
      turn.exec("BEGIN EXCLUSIVE");
      return { [Symbol.asyncDispose]: async () => turn.close() };
    } catch (error) {
      const isBusy = [5, 6].includes((error as { errcode?: number }).errcode ?? 0);
      if (!isBusy || performance.now() > endsAt) {
        turn.close();
        throw cliError("CLI_FILE_UNWRITABLE", { file, what: isBusy ? "another command is at it" : String(error) }, error);
      }
      await pause(10 + Math.random() * 20);
    }
  }
}
