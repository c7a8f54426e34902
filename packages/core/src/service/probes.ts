import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { prometheusContentType } from "../metrics/prometheus-text.ts";
import type { Health } from "./running-service.ts";

/** Where a service answers `/livez`, `/readyz` and `/metrics`. */
export interface ProbesOptions {
  /** 0 takes any that is free; `running.probesPort` tells which. */
  readonly port: number;
  /** Default: 127.0.0.1, which nobody reaches from outside. In a container: "0.0.0.0". */
  readonly host?: string;
}

interface Answers {
  /** Asks nobody: a probe of liveness must not wait for the store. */
  liveness(): Pick<Health, "live" | "problems">;
  health(): Promise<Health>;
  metrics(): Promise<string>;
}

/** The probes that the options ask for, else the environment; null without either. */
export function probesOptions(given: ProbesOptions | undefined, env: NodeJS.ProcessEnv): ProbesOptions | null {
  if (given !== undefined) return given;
  const { THROUGHLINE_PROBES_PORT: port, THROUGHLINE_PROBES_HOST: host } = env;
  if (port === undefined || port === "") return null;
  return { port: Number(port), ...(host === undefined || host === "" ? {} : { host }) };
}

/** Why probes cannot be opened so; null when they can. */
export function probesProblem({ port, host }: ProbesOptions): string | null {
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    return `the port of its probes must be a number up to 65535, and is ${String(port)}; see THROUGHLINE_PROBES_PORT and the option "probes"`;
  return host === undefined || typeof host === "string" ? null : "the host of its probes must be an address";
}

/**
 * A small HTTP server for whoever watches the service. It answers from before the service joins its group until it has closed.
 * Rejects when the port is taken.
 */
export class Probes {
  readonly #answers: Answers;
  readonly #server: Server;

  constructor(answers: Answers) {
    this.#answers = answers;
    this.#server = createServer((request, response) => {
      this.#answer(request.url ?? "", response).catch(() => response.destroy());
    });
    // It must not keep a process alive that has nothing else to do.
    this.#server.unref();
  }

  async open({ port, host = "127.0.0.1" }: ProbesOptions): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (error: NodeJS.ErrnoException) =>
        reject(new Error(`its probes cannot be opened on ${host}:${port} (${error.code ?? error.message}); choose another port`)),
      );
      this.#server.listen(port, host, () => resolve());
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(url: string, response: ServerResponse): Promise<void> {
    const path = url.split("?")[0];
    if (path === "/metrics") {
      const text = await this.#answers.metrics();
      response.writeHead(200, { "content-type": prometheusContentType }).end(text);
    } else if (path === "/livez") {
      const { live, problems } = this.#answers.liveness();
      respond(response, live, problems);
    } else if (path === "/readyz") {
      const { ready, problems } = await this.#answers.health();
      respond(response, ready, problems);
    } else {
      response.writeHead(404, { "content-type": "text/plain" }).end("/livez, /readyz and /metrics\n");
    }
  }
}

function respond(response: ServerResponse, ok: boolean, problems: readonly string[]): void {
  response.writeHead(ok ? 200 : 503, { "content-type": "application/json" }).end(JSON.stringify({ ok, problems }));
}
