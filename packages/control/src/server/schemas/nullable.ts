import Type, { type Static, type TSchema } from "typebox";

export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
export const NullableText = Nullable(Type.String());
/** Milliseconds since 1970, as far as a `Date` reaches. */
export const Moment = (description = "Milliseconds since 1970.") =>
  Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000, description });
/** The offset of a record. */
export const Offset = (description: string) => Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });
export const NullableNumber = Nullable(Type.Number());

/** An array that nobody changes any more. */
export const List = <T extends TSchema>(item: T) => Type.Unsafe<readonly Static<T>[]>(Type.Array(item));

/** A page of a list: `next` is the cursor of the page after, null on the last. */
export const PageOf = <T extends TSchema>(item: T, id: string) =>
  Type.Object({ items: List(item), next: NullableText }, { $id: id });

/** Literal texts. */
export const OneOf = <const T extends readonly string[]>(...values: T) =>
  Type.Unsafe<T[number]>({ type: "string", enum: [...values] });
