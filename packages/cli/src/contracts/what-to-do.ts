import type { CodeContract } from "./code-contracts.ts";
import type { BreakingDifference } from "./compare-contract.ts";

/** The ways out of a change that breaks. */
export function whatToDo({ type, version }: CodeContract, differences: readonly BreakingDifference[]): string {
  const kinds = new Set(differences.map(({ kind }) => kind));
  const waysOut: string[] = [];
  if (kinds.has("stream_changed"))
    waysOut.push("Keep the stream: a contract that moves takes its consumers with it only as another type");
  if (kinds.has("subject_changed")) waysOut.push("Keep the subject: events are ordered and kept by it");
  if (kinds.has("encoding_changed")) waysOut.push("Keep the encoding");
  if (kinds.has("upcaster_missing"))
    waysOut.push(
      `Write the upcaster, as in upcast: { ${version - 1}: (old) => … }; where no event of version ${version - 1} is left, upcast: { ${version - 1}: (old) => old } says so`,
    );
  if (kinds.has("required_added")) waysOut.push("Make what is new optional");
  if (kinds.has("not_understood") || kinds.has("too_complex"))
    waysOut.push("Say it in words that can be compared (properties, required, enum, anyOf)");
  const isOfData = differences.some(({ kind }) => !["stream_changed", "subject_changed", "upcaster_missing"].includes(kind));
  if (isOfData)
    waysOut.push(
      `${waysOut.length === 0 ? "Keep" : "Or keep"} what was there, or define version ${version + 1}: defineEvent("${type}", { version: ${version + 1}, upcast: { ${version}: (old) => … }, … })`,
    );
  return `${waysOut.join(". ")}.`;
}
