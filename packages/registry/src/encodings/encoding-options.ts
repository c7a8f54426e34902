import type { Int64 } from "./problem-list.ts";

export interface NumberOptions {
  /**
   * How numbers of 64 bits stand in the data. `number`: as numbers; one that JavaScript cannot hold exactly is refused, published or
   * read. `text`: all of them as decimal text. Default: `number`.
   */
  readonly int64?: Exclude<Int64, "exact">;
}
