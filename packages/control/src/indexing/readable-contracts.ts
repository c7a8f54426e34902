import type { ServiceContracts } from "throughline/system-topics";

const isText = (value: unknown): boolean => typeof value === "string";
const isVersion = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

/** Whether what somebody announced as contracts has their form: anybody may write to the topic. */
export function areContracts(contracts: ServiceContracts): boolean {
  const { publishes, handlers } = contracts as unknown as Record<string, unknown>;
  return (
    Array.isArray(publishes) &&
    publishes.every(isContract) &&
    Array.isArray(handlers) &&
    handlers.every(
      (handler: unknown) =>
        isObject(handler) && isText(handler["name"]) && Array.isArray(handler["reads"]) && handler["reads"].every(isRead),
    )
  );
}

function isContract(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { type, version, stream, subject, tenant, personal, encoding, schema } = value;
  return (
    [type, stream, subject].every(isText) &&
    isVersion(version) &&
    (tenant === null || tenant === undefined || isText(tenant)) &&
    (personal === undefined || areTexts(personal)) &&
    isObject(schema) &&
    (encoding === null || encoding === undefined || isEncoding(encoding))
  );
}

const isEncoding = (value: unknown): boolean =>
  isObject(value) && ["AVRO", "PROTOBUF"].includes(value["schemaType"] as string) && isText(value["schema"]);

const isRead = (value: unknown): boolean =>
  isContract(value) && isObject(value) && Array.isArray(value["lifts"]) && value["lifts"].every(isVersion);
