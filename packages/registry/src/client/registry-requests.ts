import { setTimeout as pause } from "node:timers/promises";
import { registryClientError } from "../errors/catalogue.ts";
import { authorization, nameOf, type RegistryAddress } from "./registry-address.ts";

/** What a registry answers: its JSON, or its own error, which the caller knows what to make of. */
export type RegistryAnswer =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly status: number; readonly code: number; readonly message: string };

export interface RequestLimits {
  /** For all tries together: what was silent for so long is not asked again. */
  readonly timeoutMs: number;
  /** Waits between tries while it is away. Every request may be repeated: it asks for what is, or for what then is. */
  readonly retryDelaysMs: readonly number[];
  readonly signal?: AbortSignal | undefined;
  readonly send: (url: string, request: RequestInit) => Promise<Response>;
}

const mediaType = "application/vnd.schemaregistry.v1+json";

/** Sends requests to a registry, again while it is away, and tells what is no registry from one that refuses. */
export class RegistryRequests {
  readonly #address: RegistryAddress;
  readonly #limits: RequestLimits;

  constructor(address: RegistryAddress, limits: RequestLimits) {
    this.#address = address;
    this.#limits = limits;
  }

  /**
   * @param path Behind the registry's address, with its parts encoded.
   * Rejects with `REGISTRY_UNAVAILABLE`, `REGISTRY_UNAUTHORISED`, `REGISTRY_NOT_THERE` and `REGISTRY_CREDENTIALS_INVALID`.
   */
  async send(method: "GET" | "POST" | "PUT", path: string, body?: object): Promise<RegistryAnswer> {
    const { timeoutMs, retryDelaysMs, signal } = this.#limits;
    const timeout = AbortSignal.timeout(timeoutMs);
    const ended = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
    for (let attempt = 0; ; attempt += 1) {
      const delayMs = retryDelaysMs[attempt];
      try {
        return await this.#once(method, path, body, ended);
      } catch (error) {
        const isAway = (error as { code?: string }).code === "REGISTRY_UNAVAILABLE";
        if (!isAway || delayMs === undefined || ended.aborted) throw error;
        await pause(delayMs, undefined, { signal: ended }).catch(() => undefined);
        // What was said before tells more than that the time is up.
        if (timeout.aborted) throw error;
      }
    }
  }

  async #once(method: string, path: string, body: object | undefined, ended: AbortSignal): Promise<RegistryAnswer> {
    const { url, credentials } = this.#address;
    const { timeoutMs, signal, send } = this.#limits;
    const headers = {
      accept: `${mediaType}, application/json`,
      "content-type": mediaType,
      ...(await authorization(credentials)),
    };
    let status: number;
    let text: string;
    try {
      const response = await send(`${url}${path}`, {
        method,
        headers,
        // A redirect would make a GET of what is to be registered, and could carry credentials elsewhere.
        redirect: "manual",
        signal: ended,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      status = response.status;
      if (status >= 300 && status < 400)
        throw this.#notThere(`it sends us on to ${response.headers.get("location") ?? "another place"}`);
      text = await response.text();
    } catch (error) {
      if ((error as { code?: string }).code === "REGISTRY_NOT_THERE" || signal?.aborted === true) throw error;
      const what = ended.aborted ? `no answer within ${timeoutMs} ms` : reason(error);
      throw registryClientError("REGISTRY_UNAVAILABLE", { url, what }, error);
    }
    return this.#read(status, text);
  }

  #read(status: number, text: string): RegistryAnswer {
    const { url, credentials } = this.#address;
    const body = parsed(text);
    const { error_code: code, message } = (body ?? {}) as { error_code?: unknown; message?: unknown };
    const said = typeof message === "string" ? message : text.slice(0, 200).trim() || `status ${status}`;
    if (status === 401 || status === 403)
      throw registryClientError("REGISTRY_UNAUTHORISED", { url, status, what: said, who: nameOf(credentials) });
    if (status === 429 || status >= 500) throw registryClientError("REGISTRY_UNAVAILABLE", { url, what: `${status}: ${said}` });
    if (status < 300) {
      if (body === undefined) throw this.#notThere(`it answers with ${JSON.stringify(text.slice(0, 60))}, which is no JSON`);
      return { ok: true, body };
    }
    // A path that the server does not know at all has its status for a code; a registry's own codes have five digits, or are 409.
    if (typeof code !== "number" || (status === 404 && code === 404)) throw this.#notThere(`it answers ${status}: ${said}`);
    return { ok: false, status, code, message: said };
  }

  #notThere(what: string): Error {
    return registryClientError("REGISTRY_NOT_THERE", { url: this.#address.url, what });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The innermost cause says most: `ECONNREFUSED`. */
function reason(error: unknown): string {
  const { cause, errors, code, message } = error as {
    cause?: unknown;
    errors?: unknown[];
    code?: string;
    message?: string;
  };
  if (cause !== undefined) return reason(cause);
  if (errors?.[0] !== undefined) return reason(errors[0]);
  return typeof code === "string" ? code : (message ?? String(error));
}
