import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** One process of a service, from its start to its death. */
export interface Life {
  /** When it had joined its group; null until then. */
  readonly joinedAt: number | null;
  isRunning(): boolean;
  /** From now on it dies at these points, as in `THROUGHLINE_CRASH_AT`. */
  arm(crashAt: string): void;
  /** Asks it to close; it may die on the way. */
  askToStop(): void;
  kill(): void;
  /** It stands still (SIGSTOP), until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** What `arm.ts` has written so far. */
  soFar(): Ending;
  /** Sends it a message. */
  tell(message: object): void;
  readonly ended: Promise<Ending & { readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** What `arm.ts` wrote of a life. */
export interface Ending {
  /** The crash point at which it died; null when something else ended it. */
  readonly at: string | null;
  /** It had partitions, so that it may have hit an event. */
  readonly hadPartitions: boolean;
  /** The crash point at which it stood still, until somebody let it go on; null when it never did. */
  readonly stoppedAt: string | null;
}

const stopped = "stopped ";
const stoppedAtIn = (lines: readonly string[]): string | null =>
  lines.findLast((line) => line.startsWith(stopped))?.slice(stopped.length) ?? null;

export function readEnding(crashFile: string): Ending {
  const lines = existsSync(crashFile) ? readFileSync(crashFile, "utf8").trim().split("\n") : [];
  const at = lines.find((line) => line !== "acquired" && !line.startsWith(stopped)) ?? null;
  return { at, hadPartitions: lines.includes("acquired"), stoppedAt: stoppedAtIn(lines) };
}

export interface LifeOptions {
  readonly folder: string;
  /** Of the process. */
  readonly name: string;
  /** A file of services/, or the path of another. */
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  /** Empty: it dies nowhere, until it is armed. */
  readonly crashAt: string;
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const preloaded = ["../../examples/shop/driver/end-with-parent.ts", "arm.ts"].flatMap((file) => ["--import", here(file)]);
const running = new Set<number>();
let lives = 0;

// The last resort, for a test that ends without ending them.
process.once("exit", () => {
  for (const pid of running) process.kill(pid, "SIGKILL");
});

export function beginLife({ folder, name, program, env, crashAt }: LifeOptions): Life {
  mkdirSync(join(folder, "logs"), { recursive: true });
  const crashFile = join(folder, "logs", `death-${++lives}`);
  const log = openSync(join(folder, "logs", `${name}.log`), "a");
  let joinedAt: number | null = null;
  const child = spawn(process.execPath, [...preloaded, program.endsWith(".ts") ? program : here(`services/${program}.ts`)], {
    env: {
      ...process.env,
      // Much of a short life is the start: its modules are compiled once for all.
      NODE_COMPILE_CACHE: join(folder, "compiled"),
      CRASH_DATA: folder,
      ...env,
      THROUGHLINE_CRASH_AT: crashAt,
      THROUGHLINE_CRASH_FILE: crashFile,
    },
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  child.once("message", () => (joinedAt = performance.now()));
  child.channel?.unref();
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${name} could not be started`);
  running.add(pid);
  const ended = new Promise<Awaited<Life["ended"]>>((resolve) => {
    child.once("exit", (code, signal) => {
      running.delete(pid);
      resolve({ ...readEnding(crashFile), code, signal });
    });
  });
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const tell = (message: object): void => void (isRunning() && child.send(message, () => undefined));
  return {
    get joinedAt() {
      return joinedAt;
    },
    isRunning,
    arm: (points) => tell({ crashAt: points }),
    tell,
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    soFar: () => readEnding(crashFile),
    askToStop: () => void child.kill("SIGTERM"),
    kill: () => void child.kill("SIGKILL"),
    ended,
  };
}
