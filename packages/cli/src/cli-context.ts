import type { ControlAccessOptions } from "@throughline/control";
import type { EventLog, SchemaRegistry, Store } from "throughline/seams";

/** A service's store, opened as that service's. */
export interface OpenedStore {
  readonly store: Store;
  readonly service: string;
}

export interface StoreTools {
  open(url: string): Promise<OpenedStore>;
  /** Brings its tables to this version; answers with what was applied. */
  migrate(url: string, nowMs: number): Promise<{ number: number; name: string }[]>;
  /** The SQL that a store at migration `after` lacks. */
  sql(url: string, after: number): string;
}

/** Somewhere text goes. */
export interface Output {
  write(text: string | Uint8Array): void;
  readonly isTTY: boolean;
  /** Characters in a line; null where lines have no end. */
  readonly columns: number | null;
}

export interface LogOptions {
  /** What stands before topics' names at the brokers, instead of what the environment says. */
  readonly topicPrefix?: string;
}

export interface RegistryPlace {
  /** `sqlite:<file>` */
  readonly store: string;
  readonly host: string;
  readonly port: number;
}

export interface ConsolePlace {
  readonly eventsUrl: string;
  readonly topicPrefix: string | null;
  /** The folder of the control plane's files. */
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  /** Who may use it. */
  readonly access: ControlAccessOptions;
  /** Told where the first admin is made, while there is nobody. It holds a secret. */
  readonly onSetup: (url: string) => void;
  /** `postgres://…`: where several consoles keep their index together, and what they know of lag. Null: in `dataDir`, or as the configuration says. */
  readonly store: string | null;
  /** Where one trace is shown; null: as the configuration says, and else nowhere. */
  readonly traceUrl: string | null;
  /** Of alerts and retention; null: none. */
  readonly configFile: string | null;
  /** Where the configuration's secrets stand. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Hears, in a sentence, of what goes wrong while it runs. */
  readonly onTrouble: (message: string) => void;
}

/** Everything a command takes from the outside world, so that a test can be the outside world. */
export interface CliContext {
  readonly stdout: Output;
  /** Progress, questions and errors; results go to `stdout`. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Aborted when a person presses Ctrl-C once more: whoever stops slowly stops now. */
  readonly forceSignal: AbortSignal;
  /** Milliseconds since 1970. */
  now(): number;
  /** Who asks, for the audit. */
  readonly user: string;
  /** How long to wait between two looks at the log. */
  readonly pollMs: number;
  openLog(url: string, options?: LogOptions): Promise<EventLog>;
  readonly stores: StoreTools;
  /** @param url Default: what the environment names. */
  openRegistry(url?: string): Promise<SchemaRegistry>;
  startConsole(place: ConsolePlace): Promise<AsyncDisposable & { readonly url: string }>;
  startRegistry(place: RegistryPlace): Promise<AsyncDisposable & { readonly url: string }>;
  /** Asks a person a yes-or-no question; null when nobody is there to answer. */
  readonly confirm: ((question: string) => Promise<boolean>) | null;
}
