import type { RegistryCompatibility, RegistryReason, RegistrySchema, RegistryVerdict, RegistryVersion } from "throughline/seams";

/** Makes of a registry's JSON what was asked for; null where it is something else, and so of no registry. */
export type AnswerReader<Answer> = (body: unknown) => Answer | null;

type Members = Readonly<Record<string, unknown>>;

const members = (body: unknown): Members | null =>
  typeof body === "object" && body !== null && !Array.isArray(body) ? (body as Members) : null;

const listOf =
  <Item>(isItem: (item: unknown) => item is Item): AnswerReader<readonly Item[]> =>
  (body) =>
    Array.isArray(body) && body.every(isItem) ? body : null;

const isText = (value: unknown): value is string => typeof value === "string";
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
const isReference = (value: unknown): value is NonNullable<RegistrySchema["references"]>[number] => {
  const { name, subject, version } = members(value) ?? {};
  return isText(name) && isText(subject) && isWhole(version);
};
const isReason = (value: unknown): value is RegistryReason => isText(members(value)?.["message"]);

export const textsOf = listOf(isText);
export const numbersOf = listOf(isWhole);

/** Any object: what it says is asked for by itself. */
export const anything: AnswerReader<object> = members;

export const idOf: AnswerReader<number> = (body) => {
  const id = members(body)?.["id"];
  return isWhole(id) ? id : null;
};

/** What is left out, or null, is Avro without references. */
export const schemaOf: AnswerReader<RegistrySchema> = (body) => {
  const { schema, schemaType, references } = members(body) ?? {};
  const type = schemaType ?? "AVRO";
  const listed = listOf(isReference)(references ?? []);
  if (!isText(schema) || !isText(type) || listed === null) return null;
  // Of another registry it may be a kind that is not known here.
  return { schemaType: type as RegistrySchema["schemaType"], schema, ...(listed.length === 0 ? {} : { references: listed }) };
};

export const versionOf: AnswerReader<RegistryVersion> = (body) => {
  const { subject, version, id } = members(body) ?? {};
  const schema = schemaOf(body);
  return schema !== null && isText(subject) && isWhole(version) && isWhole(id) ? { subject, version, id, ...schema } : null;
};

export const verdictOf: AnswerReader<RegistryVerdict> = (body) => {
  const { is_compatible: isCompatible, messages, differences } = members(body) ?? {};
  // Only ours has differences.
  const [told, listed] = [listOf(isText)(messages ?? []), listOf(isReason)(differences ?? [])];
  if (typeof isCompatible !== "boolean" || told === null || listed === null) return null;
  return { isCompatible, reasons: isCompatible ? [] : reasonsOf(listed, told) };
};

export const compatibilityOf: AnswerReader<RegistryCompatibility> = (body) => {
  const { compatibilityLevel: level, compatibilityPolicy: policy } = members(body) ?? {};
  if (!isText(level)) return null;
  return { level: level as RegistryCompatibility["level"], policy: policy === "STRICT" || policy === "LENIENT" ? policy : null };
};

function reasonsOf(differences: readonly RegistryReason[], messages: readonly string[]): readonly RegistryReason[] {
  if (differences.length > 0)
    return differences.map(({ message, kind, path, pointer, direction, version }) => ({
      message,
      ...(kind === undefined ? {} : { kind }),
      ...(path === undefined ? {} : { path }),
      ...(pointer === undefined ? {} : { pointer }),
      ...(direction === undefined ? {} : { direction }),
      ...(version === undefined ? {} : { version }),
    }));
  if (messages.length > 0) return messages.map((message) => ({ message }));
  return [{ message: "it gives no reason; a newer server does" }];
}
