import type { Store } from "throughline/seams";

export type ShopValue = string | number | null;
type ShopRow = Record<string, ShopValue>;

/** What the shop asks of a transaction, on whichever database: `?` stands for the next parameter. */
export interface ShopTx {
  run(sql: string, ...parameters: readonly ShopValue[]): unknown;
  /** The first row, if any. */
  get<Row = ShopRow>(sql: string, ...parameters: readonly ShopValue[]): Row | undefined | Promise<Row | undefined>;
}

/** A service's own database. */
export interface ShopStore extends Store<ShopTx> {
  transaction<T>(work: (tx: ShopTx) => Promise<T>): Promise<T>;
}
