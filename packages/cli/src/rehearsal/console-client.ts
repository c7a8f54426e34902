import { readFile } from "node:fs/promises";
import type { CliContext } from "../cli-context.ts";
import { cliError, usageError } from "../cli-errors.ts";

export interface ConsoleFailure {
  readonly failureId: string;
  readonly service: string;
  readonly handler: string;
  readonly reason: string;
}

/** What a command asks of a control plane, over its HTTP API. Rejects with `CLI_CONSOLE_FAILED`. */
export interface ConsoleClient {
  failure(id: string): Promise<ConsoleFailure>;
  /** All of them, page by page. */
  openFailures(query: Readonly<Record<string, string | number>>): AsyncIterable<ConsoleFailure>;
  post(path: string, body: unknown): Promise<unknown>;
}

const pageSize = 500;

export function consoleClient(url: string, token: string | null, signal: AbortSignal): ConsoleClient {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw usageError(`--console takes the console's address, as in http://127.0.0.1:4400, not "${url}"`);
  const ask = async (path: string, body?: unknown): Promise<unknown> => {
    const headers = {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    try {
      const answer = await fetch(`${url.replace(/\/+$/, "")}/api/v1${path}`, { ...init, headers, signal });
      const json = (await answer.json()) as { readonly detail?: unknown };
      if (answer.ok) return json;
      throw failed(url, typeof json.detail === "string" ? json.detail : `it answered ${answer.status}`);
    } catch (error) {
      if ((error as { code?: unknown }).code === "CLI_CONSOLE_FAILED" || signal.aborted) throw error;
      const { cause, message } = error as Error;
      throw failed(url, cause instanceof Error ? cause.message : message, error);
    }
  };
  return {
    failure: async (id) => (await ask(`/failures/${encodeURIComponent(id)}`)) as ConsoleFailure,
    async *openFailures(query) {
      let cursor: string | null = null;
      do {
        const asked = new URLSearchParams({ state: "open", limit: String(pageSize), ...(cursor === null ? {} : { cursor }) });
        for (const [name, value] of Object.entries(query)) asked.set(name, String(value));
        const page = (await ask(`/failures?${asked.toString()}`)) as { items: readonly ConsoleFailure[]; next: string | null };
        yield* page.items;
        cursor = page.next;
      } while (cursor !== null);
    },
    post: ask,
  };
}

const failed = (url: string, what: string, cause?: unknown): Error => cliError("CLI_CONSOLE_FAILED", { url, what }, cause);

/** An API token: of a file, for a command line is seen by everyone on the machine. Null: none is given. */
export async function consoleToken(context: CliContext, file: string | undefined): Promise<string | null> {
  const path = file ?? context.env["THROUGHLINE_TOKEN_FILE"];
  if (path === undefined) return context.env["THROUGHLINE_TOKEN"] ?? null;
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    throw usageError(`--token-file cannot read ${path}: ${(error as Error).message}`);
  }
}
