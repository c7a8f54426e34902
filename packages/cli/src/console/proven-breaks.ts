import type { Compatibility } from "@throughline/control";
import { checkCompatibility } from "@throughline/registry";

/** Why two versions of a contract's JSON Schema do not go together, either way, as events are used. */
export const provenBreaks: Compatibility = ({ before, after }) =>
  checkCompatibility({
    type: "JSON",
    level: "FULL",
    policy: "LENIENT",
    candidate: { schema: after, name: "the newer version" },
    versions: [{ version: 1, schema: before, name: "the older version" }],
  }).map(({ direction, path, message }) => ({ direction, path, message }));
