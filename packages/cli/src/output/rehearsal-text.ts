import type { RehearsedLetter, RehearsedOutcome } from "throughline/rehearsal";
import { passes } from "throughline/rehearsal";
import type { BuildRehearsal } from "../rehearsal/rehearse-program.ts";
import { type Colour, type Paint, plainPaint } from "./colours.ts";
import { renderTable } from "./table.ts";

const colours: Readonly<Record<RehearsedOutcome, Colour>> = {
  applied: "green",
  duplicate: "green",
  stale: "green",
  failed: "red",
  calls: "yellow",
  waits: "yellow",
  refused: "red",
  unknown: "yellow",
};

/** How many of a build's letters would pass, in a sentence. */
export function rehearsalSentence({ service, version, letters }: BuildRehearsal): string {
  const count = (outcome: RehearsedOutcome): number => letters.filter((letter) => letter.outcome === outcome).length;
  const passed = letters.filter(passes).length;
  const rest = [
    [count("failed"), "would fail"],
    [count("waits"), "would wait behind an event that does not pass"],
    [count("calls"), "would make a call, which is not rehearsed"],
    [count("refused"), "would be refused"],
    [count("unknown"), "could not be rehearsed"],
  ]
    .filter(([many]) => many !== 0)
    .map(([many, what]) => `${many} ${what}`);
  const published = publishedBy(letters);
  return [
    `${service} ${version}: ${passed} of ${letters.length} would pass${rest.length === 0 ? "" : `; ${rest.join(", ")}`}.`,
    ...(published === "" ? [] : [` They would publish ${published}.`]),
  ].join("");
}

function publishedBy(letters: readonly RehearsedLetter[]): string {
  const counts = new Map<string, number>();
  for (const { publishes } of letters)
    for (const [type, count] of Object.entries(publishes)) counts.set(type, (counts.get(type) ?? 0) + count);
  return [...counts].map(([type, count]) => `${count} ${type}`).join(", ");
}

/** Those that do not pass, with why. Empty where all do. */
export function renderRehearsal(
  { letters }: BuildRehearsal,
  short: ReadonlyMap<string, string>,
  options: { readonly paint?: Paint; readonly columns?: number | null },
): string {
  const others = letters.filter((letter) => !passes(letter));
  if (others.length === 0) return "";
  return renderTable(
    [{ title: "ID" }, { title: "HANDLER" }, { title: "OUTCOME" }, { title: "WHY", flexible: true }],
    others.map(({ failureId, handler, outcome, error, why }) => [
      short.get(failureId) ?? failureId,
      handler,
      { text: outcome, colour: colours[outcome] },
      error === null ? why : `${error.code ?? error.name}: ${error.message}`,
    ]),
    { paint: options.paint ?? plainPaint, columns: options.columns ?? null },
  );
}
