/** What is wrong with a schema, and where. */
export class SchemaInvalid extends Error {
  /** JSON pointer. */
  readonly pointer: string;
  /** Without the place. */
  readonly what: string;

  constructor(pointer: string, what: string) {
    super(`${pointer === "" ? "the schema" : `"${pointer}"`} ${what}`);
    this.pointer = pointer;
    this.what = what;
  }
}
