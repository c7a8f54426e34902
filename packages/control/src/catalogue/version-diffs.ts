import type { JsonSchema } from "throughline";
import type { ContractVersion } from "./catalogue.ts";
import { type FieldChange, fieldChanges } from "./schema-fields.ts";

/** One reason why readers of one version refuse what is written by another. */
export interface VersionBreak {
  /** `backward`: the newer cannot read what the older wrote; `forward`: the older cannot read what the newer writes. */
  readonly direction: "backward" | "forward";
  readonly path: string;
  readonly message: string;
}

/** Proves whether two schemas go together: whoever makes the control plane brings it. Throws where it cannot tell. */
export type Compatibility = (versions: { readonly before: JsonSchema; readonly after: JsonSchema }) => readonly VersionBreak[];

export interface VersionDiff {
  readonly from: number;
  readonly to: number;
  readonly fields: readonly FieldChange[];
  /** Null where nothing can prove it: the fields alone tell then. */
  readonly breaks: readonly VersionBreak[] | null;
}

/** Each version beside the one before it. */
export const versionDiffs = (versions: readonly ContractVersion[], compatibility: Compatibility | undefined): VersionDiff[] =>
  versions.slice(1).map((after, at) => {
    const before = versions[at]!;
    const [was, is] = [before.contract.schema, after.contract.schema];
    return { from: before.version, to: after.version, fields: fieldChanges(was, is), breaks: proven(was, is, compatibility) };
  });

const known = new WeakMap<JsonSchema, WeakMap<JsonSchema, { readonly breaks: readonly VersionBreak[] | null }>>();

/** A proof may take its time, so it is made once. */
function proven(before: JsonSchema, after: JsonSchema, compatibility: Compatibility | undefined): readonly VersionBreak[] | null {
  if (compatibility === undefined) return null;
  const ofAfter = known.get(after) ?? new WeakMap<JsonSchema, { readonly breaks: readonly VersionBreak[] | null }>();
  known.set(after, ofAfter);
  const found = ofAfter.get(before) ?? { breaks: tried(before, after, compatibility) };
  ofAfter.set(before, found);
  return found.breaks;
}

function tried(before: JsonSchema, after: JsonSchema, compatibility: Compatibility): readonly VersionBreak[] | null {
  try {
    return compatibility({ before, after });
  } catch {
    // A schema that nobody can compare is no reason to show nothing of it.
    return null;
  }
}
