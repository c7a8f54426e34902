import type { QueryConfig } from "pg";
import { endsConnection } from "../database/postgres-failure.ts";
import type { AnyResult, Statement, StatementSender } from "../database/session.ts";
import type { SqlSender } from "./executor.ts";

/** The store's statements in a transaction that another client opened, one after the other. */
export class HiddenSession implements StatementSender {
  readonly #sender: SqlSender;
  #tail: Promise<unknown> = Promise.resolve();
  open = 0;
  isLost = false;

  constructor(sender: SqlSender) {
    this.#sender = sender;
  }

  send(statement: Statement): Promise<AnyResult> {
    this.open += 1;
    const config = typeof statement === "string" ? { text: statement } : statement;
    const query = (): Promise<AnyResult> => this.#sender.query(config as QueryConfig) as Promise<AnyResult>;
    // At once where it can be: what the application sends next stands behind it.
    const sent = this.open === 1 ? query() : this.#tail.then(query);
    this.#tail = sent.catch(() => undefined);
    return sent.then(
      (result) => {
        this.open -= 1;
        return result;
      },
      (error: unknown) => {
        this.open -= 1;
        if (endsConnection(error)) this.isLost = true;
        throw error;
      },
    );
  }
}
