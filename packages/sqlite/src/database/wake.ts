import { closeSync, constants, openSync, watch, writeSync, type FSWatcher } from "node:fs";

/** The fallback where the file system tells nothing: how soon a listener looks for itself. */
const pollMs = 1_000;
const oneByte = new Uint8Array(1);
/** Not "a": an appending descriptor would make the file grow by a byte with each signal. */
const openFlags = constants.O_RDWR | constants.O_CREAT;

/**
 * Tells every process that uses a file that something was committed to it, within a few milliseconds and without polling:
 * `signal` writes a byte to `<file>-wake`, and listeners watch that file. Listeners of the same process are called directly.
 *
 * A listener may be called without cause, and one call may stand for many signals: it must look for itself. An event that the
 * file system loses costs at most a second. Listening does not keep the process alive.
 *
 * @example
 *   const wake = new Wake("./data/events.db");
 *   const listener = wake.listen(() => readMore());
 *   wake.signal(); listener.stop(); wake.close();
 */
export class Wake {
  readonly #file: WakeFile;
  readonly #listeners = new Set<() => void>();
  #closed = false;

  /** `file` as its real path (`SqliteWriter.file`), so that all its users in this process share one watcher. */
  constructor(file: string) {
    this.#file = acquire(`${file}-wake`);
  }

  /** Call it after the commit. */
  signal(): void {
    if (!this.#closed) this.#file.signal();
  }

  listen(listener: () => void): { stop(): void } {
    // A wrapper, so that the same function may listen twice.
    const own = (): void => listener();
    if (!this.#closed) {
      this.#listeners.add(own);
      this.#file.add(own);
    }
    return {
      stop: () => {
        this.#listeners.delete(own);
        this.#file.remove(own);
      },
    };
  }

  /** Stops its listeners. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const listener of this.#listeners) this.#file.remove(listener);
    this.#listeners.clear();
    release(this.#file);
  }
}

/** What all the `Wake`s of a process on one file share. */
class WakeFile {
  readonly path: string;
  users = 0;
  readonly #listeners = new Set<() => void>();
  #descriptor: number | undefined;
  #watcher: FSWatcher | undefined;
  #poll: NodeJS.Timeout | undefined;
  #told = false;

  constructor(path: string) {
    this.path = path;
  }

  signal(): void {
    this.#tell();
    try {
      writeSync((this.#descriptor ??= openSync(this.path, openFlags)), oneByte, 0, 1, 0);
    } catch {
      // A full or read-only disk: the other processes' poll finds what was committed.
    }
  }

  add(listener: () => void): void {
    this.#listeners.add(listener);
    if (this.#poll !== undefined) return;
    this.#poll = setInterval(this.#tell, pollMs).unref();
    this.#watch();
  }

  remove(listener: () => void): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) this.#unwatch();
  }

  close(): void {
    this.#unwatch();
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #watch(): void {
    try {
      this.#descriptor ??= openSync(this.path, openFlags);
      this.#watcher = watch(this.path, { persistent: false }, this.#tell);
      this.#watcher.on("error", () => this.#watcher?.close());
    } catch {
      // No watches left, or a file system without them: the poll remains.
    }
  }

  #unwatch(): void {
    clearInterval(this.#poll);
    this.#poll = undefined;
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  /** Once a turn of the event loop, however many signals there were. */
  readonly #tell = (): void => {
    if (this.#told) return;
    this.#told = true;
    setImmediate(() => {
      this.#told = false;
      for (const listener of this.#listeners) listener();
    });
  };
}

const open = new Map<string, WakeFile>();

function acquire(path: string): WakeFile {
  let file = open.get(path);
  if (file === undefined) open.set(path, (file = new WakeFile(path)));
  file.users += 1;
  return file;
}

function release(file: WakeFile): void {
  file.users -= 1;
  if (file.users > 0) return;
  open.delete(file.path);
  file.close();
}
