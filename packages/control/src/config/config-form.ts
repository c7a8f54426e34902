import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { type ControlConfigFile, ControlConfigSchema } from "./config-schema.ts";

/** Hears of a problem and its place, as a JSON pointer. */
export type NoteProblem = (pointer: string, what: string) => void;

const validate = new Ajv2020({ allErrors: true, discriminator: true, strict: false, verbose: true }).compile(ControlConfigSchema);

/** What of the text has the form of a configuration: the rest is noted. Null where it is no JSON. */
export function parseConfig(text: string, note: NoteProblem): ControlConfigFile | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    note("", `it is no JSON: ${(error as Error).message}`);
    return null;
  }
  if (validate(value)) return value as ControlConfigFile;
  const errors = validate.errors ?? [];
  for (const error of worthTelling(errors)) note(error.instancePath, saidOf(error));
  return wholeParts(value, (pointer) => !errors.some(({ instancePath }) => `${instancePath}/`.startsWith(`${pointer}/`)));
}

/** The alerts without what has not its form, so that problems of all of them are told at once. */
function wholeParts(value: unknown, isWhole: (pointer: string) => boolean): ControlConfigFile | null {
  const alerts = (value as ControlConfigFile | null)?.alerts;
  if (typeof alerts !== "object" || alerts === null) return null;
  const escaped = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");
  const channels = Object.entries(alerts.channels ?? {}).filter(([name]) => isWhole(`/alerts/channels/${escaped(name)}`));
  const areChannelsKnown = channels.length === Object.keys(alerts.channels ?? {}).length;
  const { allowInside, rules } = alerts;
  return {
    alerts: {
      ...(allowInside !== undefined && isWhole("/alerts/allowInside") ? { allowInside } : {}),
      ...(rules !== undefined && areChannelsKnown && isWhole("/alerts/rules") ? { rules } : {}),
      channels: Object.fromEntries(channels),
    },
  };
}

/** Of a choice that nothing fits, that it does not: what each of its parts lacks helps nobody. */
function worthTelling(errors: readonly ErrorObject[]): ErrorObject[] {
  const choices = errors.filter(({ keyword }) => keyword === "anyOf");
  return errors.filter(
    (error) =>
      !choices.some(
        (choice) =>
          choice !== error &&
          error.instancePath.startsWith(choice.instancePath) &&
          error.schemaPath.startsWith(choice.schemaPath),
      ),
  );
}

function saidOf({ keyword, message, params, parentSchema }: ErrorObject): string {
  const { additionalProperty, allowedValues, propertyName } = params as {
    additionalProperty?: string;
    allowedValues?: readonly unknown[];
    propertyName?: string;
  };
  if (keyword === "discriminator") return "has no kind, or one that is unknown: webhook, slack, email or prometheus";
  if (keyword === "anyOf") return `must be ${(parentSchema as { description?: string }).description ?? "something else"}`;
  if (additionalProperty !== undefined) return `has a field that is not known: "${additionalProperty}"`;
  if (propertyName !== undefined) return `has a name that cannot be: "${propertyName}"`;
  return `${message ?? "is not valid"}${allowedValues === undefined ? "" : `: ${allowedValues.join(", ")}`}`;
}
