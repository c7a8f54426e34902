import type { ClientBase, QueryArrayConfig, QueryArrayResult, QueryConfig, QueryResult } from "pg";
import { endsConnection } from "./postgres-failure.ts";

export type AnyResult = QueryResult<Record<string, unknown>> | QueryArrayResult;
/** `query_timeout`: milliseconds; without an answer by then, the connection is given up. */
export type Statement = (QueryConfig & { readonly query_timeout?: number }) | QueryArrayConfig | string;

/** What a transaction sends its statements on. */
export interface StatementSender {
  /** Statements that were sent and are not answered. */
  readonly open: number;
  /** Nothing can be sent on it any more; the server rolls back what was open. */
  readonly isLost: boolean;
  send(statement: Statement): Promise<AnyResult>;
}

/**
 * One connection. Statements are run in the order in which they were sent; with `pipeline: true` each is on its way before the
 * one before it is answered.
 */
export class Session implements StatementSender {
  readonly client: ClientBase;
  readonly #isPipelined: boolean;
  #open = 0;
  #isLost = false;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(client: ClientBase) {
    this.client = client;
    this.#isPipelined = (client as { pipeline?: unknown }).pipeline === true;
  }

  /** Statements that were sent and are not answered. */
  get open(): number {
    return this.#open;
  }

  /** Nothing can be sent on it any more; the server rolls back what was open. */
  get isLost(): boolean {
    return this.#isLost;
  }

  lose(): void {
    this.#isLost = true;
  }

  send(statement: Statement): Promise<AnyResult> {
    this.#open += 1;
    // pg would queue it, and warn.
    const sent = this.#isPipelined || this.#open === 1 ? this.#query(statement) : this.#tail.then(() => this.#query(statement));
    if (!this.#isPipelined) this.#tail = sent.catch(() => undefined);
    return sent.then(
      (result) => {
        this.#open -= 1;
        return result;
      },
      (error: unknown) => {
        this.#open -= 1;
        if (endsConnection(error)) this.#isLost = true;
        throw error;
      },
    );
  }

  #query(statement: Statement): Promise<AnyResult> {
    return this.client.query(statement as QueryConfig) as Promise<AnyResult>;
  }
}
