import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { EventLog, SchemaRegistry, Surroundings } from "throughline/seams";
import { createAccess } from "../access/access.ts";
import type { OidcOptions } from "../access/oidc/oidc-options.ts";
import { publicUrlOf, refuseOpenDoors, refuseProxyProblems } from "../access/listening.ts";
import { openPostgresAccessStore } from "../access/postgres/postgres-access-store.ts";
import { openSqliteAccessStore } from "../access/sqlite-access-store.ts";
import type { AlertChannel } from "../alerts/alert.ts";
import { createAudit } from "../audit/create-audit.ts";
import type { Compatibility } from "../catalogue/version-diffs.ts";
import { failuresOfIndex } from "../failures/failing-causes.ts";
import { openPostgresIndex } from "../index-store/postgres/postgres-index-store.ts";
import { openSqliteIndex } from "../index-store/sqlite/open-sqlite-index.ts";
import type { LagRulesOptions } from "../lag/lag-rules.ts";
import { startLagWatcher } from "../lag/lag-watcher.ts";
import type { LagRetention } from "../lag/lag-retention.ts";
import { openPostgresLagStore } from "../lag/postgres/postgres-lag-store.ts";
import { openSqliteLagStore } from "../lag/sqlite-lag-store.ts";
import type { DataEncodings } from "../payload/data-encodings.ts";
import { createRedrives } from "../redrive/redrives.ts";
import { openPostgresJobs } from "../redrive/postgres/open-postgres-jobs.ts";
import { openSqliteJobs } from "../redrive/sqlite/open-sqlite-jobs.ts";
import { accessFileIn, carryOver, jobsFileIn, lagFileIn } from "./carry-over.ts";
import { controlApp } from "./control-app.ts";
import type { Mount } from "./control-parts.ts";
import { incidentLink } from "./incident-link.ts";
import { IndexChanges } from "./index-changes.ts";

export interface ControlOptions {
  /** Read, and written to for redrives and commands. The control plane does not close it. */
  readonly log: EventLog;
  /** The folder that holds its files: what it knows can be read from the log again, except for its own history. */
  readonly dataDir: string;
  readonly surroundings: Surroundings;
  /**
   * `postgres://…`: the index, what is known of lag, incidents and alerts, users and tokens, and redrive jobs, for several control planes.
   * What files in `dataDir` hold of these comes along. Default: files in `dataDir`.
   */
  readonly database?: string;
  /** Told what of the files in `dataDir` came into the database. */
  readonly onCarried?: (sentence: string) => void;
  /** Default: 127.0.0.1, so that nobody else reaches it by accident. */
  readonly host?: string;
  /** Default 4400. 0 takes a free one. */
  readonly port?: number;
  readonly lag?: ControlLagOptions;
  readonly mounts?: readonly Mount[];
  /** Asked for the schemas of data in Avro and Protobuf, and for contracts that no service announced, where an edit is checked. */
  readonly registry?: SchemaRegistry;
  /** Where one trace is shown, for the page to link to: `https://…/{traceId}`. */
  readonly traceUrl?: string;
  /** Reads and writes such data; without it, it is shown as bytes. */
  readonly encodings?: DataEncodings;
  /** The folder of the built page, which then is served at every path that is not the API's. */
  readonly pageDir?: string;
  readonly access?: ControlAccessOptions;
  /** Proves whether two versions of a contract go together; without it the catalogue shows their fields alone. */
  readonly compatibility?: Compatibility;
}

/** Who may do what. Without it whoever is on this machine may do everything, and nobody else reaches it. */
export interface ControlAccessOptions {
  /** Nobody may do anything without a session or a token. Asked for wherever others can reach it. Default: where `oidc` is given. */
  readonly login?: boolean;
  /** Where people reach it: `https://throughline.example.com`. */
  readonly publicUrl?: string;
  readonly oidc?: OidcOptions;
  /** Proxies whose word on where a request comes from counts: their addresses. */
  readonly trustProxy?: readonly string[];
  /** Told the address at which the first admin is made, where there is nobody yet. It holds a secret. */
  readonly onSetup?: (url: string) => void;
  /** Told what nobody else is: a login that could not be written to the audit. */
  readonly onTrouble?: (error: Error) => void;
}

export interface ControlLagOptions extends LagRetention {
  readonly channels?: readonly AlertChannel[];
  readonly rules?: LagRulesOptions;
  readonly everyMs?: number;
}

export interface ControlServer {
  /** `http://127.0.0.1:4400` */
  readonly url: string;
  /** Answers what it has begun with, and stops. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The index of the log in a control plane's folder, for whoever keeps it in step with the log. */
export const indexFile = (dataDir: string): string => join(dataDir, "index.db");

/**
 * Serves the API. The index is kept in step with the log by somebody else, in a thread or process of its own (`createIndexer` on
 * `indexFile(dataDir)`): SQLite's writes would hold up answers.
 */
export async function startControl(options: ControlOptions): Promise<ControlServer> {
  const {
    log,
    dataDir,
    surroundings,
    database,
    host = "127.0.0.1",
    port = 4_400,
    lag = {},
    mounts = [],
    pageDir,
    access: who = {},
    compatibility,
  } = options;
  const mode = (who.login ?? who.oidc !== undefined) ? "login" : "open";
  const publicUrl = publicUrlOf(who.publicUrl);
  refuseProxyProblems(who.trustProxy ?? []);
  await refuseOpenDoors({ host, mode, publicUrl });
  let reachedAt = publicUrl;
  const { channels = [], historyMs, historyPoints, ...watching } = lag;
  mkdirSync(dataDir, { recursive: true });
  await using opened = new AsyncDisposableStack();
  const index = opened.use(await (database === undefined ? openSqliteIndex(indexFile(dataDir)) : openPostgresIndex(database)));
  const history = {
    ...(historyMs === undefined ? {} : { historyMs }),
    ...(historyPoints === undefined ? {} : { historyPoints }),
  };
  const lagStore = await (database === undefined
    ? openSqliteLagStore(lagFileIn(dataDir), history)
    : openPostgresLagStore(database, history));
  opened.defer(() => lagStore.close());
  const accessStore = opened.use(
    await (database === undefined ? openSqliteAccessStore(accessFileIn(dataDir)) : openPostgresAccessStore(database)),
  );
  if (database !== undefined)
    await carryOver({
      dataDir,
      database,
      access: accessStore,
      lag: lagStore,
      nowMs: surroundings.clock.now(),
      tell: options.onCarried ?? (() => undefined),
    });
  const watcher = opened.use(
    startLagWatcher({
      log,
      store: lagStore,
      surroundings,
      channels,
      failures: failuresOfIndex(index),
      linkTo: incidentLink(() => reachedAt),
      ...watching,
    }),
  );
  const audit = createAudit({ log, surroundings });
  const access = createAccess({
    mode,
    store: accessStore,
    audit,
    surroundings,
    publicUrl,
    oidc: who.oidc ?? null,
    ...(who.onTrouble === undefined ? {} : { onUnwritten: who.onTrouble }),
  });
  const jobs = opened.use(await (database === undefined ? openSqliteJobs(jobsFileIn(dataDir)) : openPostgresJobs(database)));
  const redrives = opened.use(createRedrives({ log, index, jobs, surroundings, audit }));
  redrives.start();
  const app = await controlApp({
    log,
    index,
    changes: new IndexChanges(index),
    lag: { watcher, store: lagStore },
    redrives,
    surroundings,
    audit,
    access,
    trustProxy: who.trustProxy ?? [],
    mounts,
    registry: options.registry,
    encodings: options.encodings,
    ...(pageDir === undefined ? {} : { pageDir }),
    ...(options.traceUrl === undefined ? {} : { traceUrl: options.traceUrl }),
    ...(compatibility === undefined ? {} : { compatibility }),
  });
  opened.defer(() => app.close());
  const url = await app.listen({ host, port });
  reachedAt ??= new URL(url);
  const token = mode === "login" ? await access.login.openSetup() : null;
  // After the "#" it goes to no server, and stands in no log of one.
  if (token !== null) who.onSetup?.(`${publicUrl?.origin ?? url}/setup#${token}`);
  const parts = opened.move();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= parts.disposeAsync());
  return { url, close, [Symbol.asyncDispose]: close };
}
