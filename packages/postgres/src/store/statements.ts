import type { QueryConfig } from "pg";
import { ownTypes } from "../database/own-types.ts";

const namedTexts = new Map<string, string>();

/**
 * The store's own statements for one schema. They are written for the schema `throughline`, and given the name of the one that
 * the store has.
 */
export class Statements {
  readonly schema: string;
  readonly isNamed: boolean;
  readonly #texts = new Map<string, string>();

  /** @param options.named Whether a connection may keep prepared statements: not behind a pooler. */
  constructor({ schema, named }: { schema: string; named: boolean }) {
    this.schema = schema;
    this.isNamed = named;
  }

  text(sql: string): string {
    let text = this.#texts.get(sql);
    if (text === undefined) this.#texts.set(sql, (text = withSchema(sql, this.schema)));
    return text;
  }

  /** For constant texts only. Planned each time it is run: for tables that grow while a plan is kept. */
  statement(sql: string, values: readonly unknown[]): QueryConfig {
    return { text: this.text(sql), values: values as unknown[], types: ownTypes };
  }

  /** Prepared once for each connection: for look-ups by a primary key in tables that stay small. */
  prepared(sql: string, values: readonly unknown[]): QueryConfig {
    const statement = this.statement(sql, values);
    if (!this.isNamed) return statement;
    let name = namedTexts.get(statement.text);
    if (name === undefined) namedTexts.set(statement.text, (name = `throughline_${namedTexts.size + 1}`));
    return { ...statement, name };
  }
}

/** Constant texts of the store name its schema as `throughline`, before a dot or a space; names that only begin so stay. */
export function withSchema(sql: string, schema: string): string {
  if (schema === "throughline") return sql;
  return sql
    .replaceAll("throughline_drawn.throughline", `throughline_drawn.${schema}`)
    .replaceAll(/(?<![\w.])throughline(?=[. ;])/g, schema);
}
