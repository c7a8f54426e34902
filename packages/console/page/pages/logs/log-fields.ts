/** A line's fields as they are read: an error's stack in lines, the rest as JSON. Null: there is none. */
export interface FieldTexts {
  readonly json: string | null;
  readonly stack: string | null;
}

/** Whoever logged it could write anything: what is no error with a stack stays as it is. */
export function fieldTexts(fields: Readonly<Record<string, unknown>> | undefined): FieldTexts {
  if (fields === undefined) return { json: null, stack: null };
  const err: unknown = Object.hasOwn(fields, "err") ? fields["err"] : null;
  if (typeof err !== "object" || err === null || !("stack" in err) || typeof err.stack !== "string")
    return { json: JSON.stringify(fields, null, 1), stack: null };
  const { stack, ...rest } = err;
  return { json: JSON.stringify({ ...fields, err: rest }, null, 1), stack };
}
