import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { pageFolder } from "@throughline/console";
import { type ControlServer, indexFile, type Mount, readControlConfig, startControl } from "@throughline/control";
import {
  announcedEncoding,
  openPostgresRegistryStore,
  openSchemaRegistry,
  openSqliteRegistryStore,
  registeredBytes,
  registeredText,
  Registry,
  registryApp,
  type RegistryStore,
} from "@throughline/registry";
import { systemSurroundings } from "throughline";
import type { SchemaRegistry } from "throughline/seams";
import { eventLogFromUrl, registryFromUrl } from "../adapters.ts";
import type { ConsolePlace } from "../cli-context.ts";
import { listenError } from "../cli-errors.ts";
import type { IndexWork } from "./index-worker.ts";
import { provenBreaks } from "./proven-breaks.ts";

/** Starts the control plane on a log, with its index in a thread and a schema registry below `/registry`. */
export async function startConsole(place: ConsolePlace): Promise<ControlServer> {
  const { eventsUrl, topicPrefix, dataDir, host, port, access, configFile, env, onSetup, onTrouble } = place;
  const sources = { env, readFile: (path: string) => readFile(path, "utf8") };
  const config = configFile === null ? null : await readControlConfig(configFile, sources);
  const traceUrl = place.traceUrl ?? config?.traceUrl ?? null;
  const database = place.store ?? config?.database ?? null;
  mkdirSync(dataDir, { recursive: true });
  await using opened = new AsyncDisposableStack();
  const log = await eventLogFromUrl(eventsUrl, topicPrefix === null ? {} : { topicPrefix });
  opened.defer(() => log.close());
  const registry = await mountedRegistry(
    await (database === null ? openSqliteRegistryStore(join(dataDir, "registry.db")) : openPostgresRegistryStore(database)),
  );
  opened.defer(() => registry.close());
  const worker = startIndexing(
    { eventsUrl, topicPrefix, indexFile: indexFile(dataDir), database, retention: config?.retention ?? {} },
    onTrouble,
  );
  opened.defer(() => worker.close());
  const pageDir = pageFolder();
  const registryUrl = env["THROUGHLINE_REGISTRY"];
  const agreed = registryUrl ? await registryFromUrl(registryUrl, { env, signal: new AbortController().signal }) : registry.asked;
  const server = await startControl({
    log,
    dataDir,
    surroundings: systemSurroundings,
    host,
    port,
    mounts: [registry],
    compatibility: provenBreaks,
    registry: agreed,
    encodings: { read: registeredText, write: registeredBytes, announced: announcedEncoding },
    ...(pageDir === null ? {} : { pageDir }),
    access: { ...access, onSetup, onTrouble: (error) => onTrouble(error.message) },
    ...(config === null ? {} : { lag: config.lag }),
    ...(database === null ? {} : { database, onCarried: onTrouble }),
    ...(traceUrl === null ? {} : { traceUrl }),
  }).catch((error: unknown) => {
    throw listenError(error, place);
  });
  opened.defer(() => server.close());
  const parts = opened.move();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= parts.disposeAsync());
  return { url: server.url, close, [Symbol.asyncDispose]: close };
}

function startIndexing(work: IndexWork, onTrouble: (message: string) => void): { close(): Promise<void> } {
  const worker = new Worker(new URL(`./index-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: work,
    name: "throughline-index",
  });
  const ended = once(worker, "exit").catch(() => undefined);
  worker.on("message", ({ trouble }: { trouble: string }) => onTrouble(trouble));
  worker.on("error", (error) => onTrouble(`the index is not kept in step with the log any more: ${(error as Error).message}`));
  return {
    close: async () => {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread of this process has no origin
      worker.postMessage("end");
      await ended;
    },
  };
}

interface MountedRegistry extends Mount {
  /** The same for this process, which asks it without a port. */
  readonly asked: SchemaRegistry;
  close(): Promise<void>;
}

async function mountedRegistry(store: RegistryStore): Promise<MountedRegistry> {
  const registry = new Registry(store);
  const app = registryApp(registry);
  await app.ready();
  const inside = "http://registry.inside";
  const asked = openSchemaRegistry({
    url: inside,
    env: {},
    fetch: async (url, { method = "GET", headers, body }) => {
      const payload = typeof body === "string" ? { payload: body } : {};
      const answer = await app.inject({
        method: method as "GET",
        url: url.slice(inside.length),
        headers: headers as Record<string, string>,
        ...payload,
      });
      return new Response(answer.body === "" ? null : answer.body, { status: answer.statusCode });
    },
  });
  return {
    prefix: "/registry",
    asked,
    handle: (request, response) => app.routing(request, response),
    close: () => app.close().then(() => registry.close()),
  };
}
