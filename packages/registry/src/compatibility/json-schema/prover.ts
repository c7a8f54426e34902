import type { Difference, Wording } from "../difference.ts";
import type { Known } from "./facts.ts";
import type { SchemaNode } from "./schema-node.ts";

/** What the rules of single keywords ask for the schemas inside. */
export interface Prover {
  readonly say: Wording;
  /**
   * Why not all values of which this is known are accepted.
   * @param path Where in the data.
   * @param depth How deep inside the value: whoever descends adds one.
   */
  differences(known: Known, reader: SchemaNode, path: string, depth: number): readonly Difference[];
  /** Whether there is no value of which this is known. */
  isEmpty(known: Known, depth: number): boolean;
}
