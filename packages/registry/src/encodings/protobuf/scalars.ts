import { ScalarType } from "@bufbuild/protobuf";
import { asData, type Int64, kindOf, type ProblemList, wholeNumber } from "../problem-list.ts";

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const wide = new Set([ScalarType.INT64, ScalarType.SINT64, ScalarType.SFIXED64, ScalarType.UINT64, ScalarType.FIXED64]);
const unsigned = new Set([ScalarType.UINT32, ScalarType.FIXED32, ScalarType.UINT64, ScalarType.FIXED64]);

/** Whether it has 64 bits. */
export const isWide = (type: ScalarType): boolean => wide.has(type);

/** A value as Protobuf keeps it; undefined for one that it cannot hold, which is then a problem. */
export function scalarOf(type: ScalarType, value: unknown, int64: Int64, problems: ProblemList): unknown {
  switch (type) {
    case ScalarType.STRING:
      if (typeof value !== "string") return refuse(problems, `must be text, but is ${kindOf(value)}`);
      return value.isWellFormed() ? value : refuse(problems, "must be well-formed Unicode");
    case ScalarType.BOOL:
      return typeof value === "boolean" ? value : refuse(problems, `must be true or false, but is ${kindOf(value)}`);
    case ScalarType.BYTES:
      if (typeof value !== "string" || !base64.test(value))
        return refuse(problems, `must be base64, for bytes, but is ${kindOf(value)}`);
      return new Uint8Array(Buffer.from(value, "base64"));
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      if (typeof value !== "number" || !Number.isFinite(value))
        return refuse(problems, `must be a number, but is ${kindOf(value)}`);
      if (type === ScalarType.FLOAT && Math.fround(value) !== value)
        return refuse(problems, "cannot be held by a float without being changed; make the field a double");
      return value;
    default:
      return whole(type, value, int64, problems);
  }
}

function whole(type: ScalarType, value: unknown, int64: Int64, problems: ProblemList): unknown {
  const form = isWide(type) ? int64 : "number";
  const number = wholeNumber(value, form);
  const bits = isWide(type) ? 64n : 32n;
  const [least, most] = unsigned.has(type) ? [0n, 2n ** bits - 1n] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
  if (number !== null && number >= least && number <= most) return isWide(type) ? number : Number(number);
  const name = ScalarType[type].toLowerCase();
  if (number !== null) return refuse(problems, `does not fit ${name}`);
  if (Number.isInteger(value) && form === "number")
    return refuse(problems, 'is larger than a number of JavaScript can be exactly; say { int64: "text" } and give it as text');
  return refuse(problems, `must be a whole number${form === "text" ? " as text" : ""}, for ${name}, but is ${kindOf(value)}`);
}

export function scalarData(value: unknown, int64: Int64): unknown {
  if (typeof value === "bigint") return asData(value, int64);
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
}

function refuse(problems: ProblemList, message: string): undefined {
  problems.add(message);
}
