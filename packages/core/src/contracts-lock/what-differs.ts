import { escapePointer } from "../contract/schema-structure.ts";

/** Where two JSON values differ, as sentences about places: `/properties/total/type is "number" in the code and "integer" in the lock`. */
export function whatDiffers(
  inCode: unknown,
  inLock: unknown,
  names: { readonly code: string; readonly lock: string } = { code: "the code", lock: "the lock" },
  place = "",
): string[] {
  if (isObject(inCode) && isObject(inLock))
    return [...new Set([...Object.keys(inCode), ...Object.keys(inLock)])].flatMap((name) =>
      whatDiffers(inCode[name], inLock[name], names, `${place}/${escapePointer(name)}`),
    );
  if (Array.isArray(inCode) && Array.isArray(inLock) && inCode.length === inLock.length)
    return inCode.flatMap((item, index) => whatDiffers(item, inLock[index], names, `${place}/${index}`));
  if (JSON.stringify(inCode) === JSON.stringify(inLock)) return [];
  const where = place === "" ? "it" : place;
  if (inLock === undefined) return [`${where} is only in ${names.code}`];
  if (inCode === undefined) return [`${where} is only in ${names.lock}`];
  return [`${where} is ${inWords(inCode)} in ${names.code} and ${inWords(inLock)} in ${names.lock}`];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function inWords(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
