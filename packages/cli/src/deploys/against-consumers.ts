import { type Candidate, type ConsumerBreak, type HandlerPlace, type RunningVersion, whoBreaks } from "@throughline/registry";
import { plainPaint } from "../output/colours.ts";
import { breaksAsText, counted } from "./break-text.ts";
import { deployFirst } from "./deploy-first.ts";

/** What the contracts of a folder's services would do to the handlers that run. */
export interface ConsumersReport {
  readonly answer: "yes" | "no" | "unknown";
  readonly breaks: readonly ConsumerBreak[];
  readonly unknown: readonly ConsumerBreak[];
  readonly already: readonly ConsumerBreak[];
  readonly checked: readonly HandlerPlace[];
}

/** Compares what each service of the code publishes with what every handler that runs reads. */
export function againstConsumers(code: readonly Candidate[], running: readonly RunningVersion[]): ConsumersReport {
  const reports = code.map(({ service, contracts }) => {
    const others = code.filter((each) => each.service !== service).flatMap((each) => each.contracts.publishes);
    const publishedElsewhere = new Set(others.map(({ type }) => type));
    return whoBreaks({ service, publishes: contracts.publishes, publishedElsewhere }, running);
  });
  const found = reports.flatMap(({ breaks }) => breaks);
  const breaks = found.filter(({ isCertain }) => isCertain);
  const unknown = found.filter(({ isCertain }) => !isCertain);
  return {
    answer: breaks.length > 0 ? "no" : unknown.length > 0 ? "unknown" : "yes",
    breaks,
    unknown,
    already: reports.flatMap(({ already }) => already),
    checked: [...new Map(reports.flatMap(({ checked }) => checked).map((place) => [JSON.stringify(place), place])).values()],
  };
}

/** For people, plain text that is also Markdown. */
export function consumersAsText(report: ConsumersReport, code: readonly Candidate[]): string {
  const hintFor = (found: ConsumerBreak): string | null => {
    const publisher = code.find(({ service }) => service === found.publisher);
    return publisher === undefined ? null : deployFirst(found, publisher, code);
  };
  const section = (title: string, found: readonly ConsumerBreak[]): string[] =>
    found.length === 0 ? [] : ["", `## ${title}`, "", ...breaksAsText(found, plainPaint, hintFor, "- ")];
  const { breaks, unknown, already, checked } = report;
  return [
    "",
    `# Consumers: ${headline(report)}`,
    "",
    `Compared with ${counted(checked.length, "running handler")} of what these services publish.`,
    ...section("Would break", breaks),
    ...section("Nobody can tell", unknown),
    ...section("So already", already),
    "",
  ].join("\n");
}

function headline({ breaks, unknown, answer }: ConsumersReport): string {
  if (answer === "yes") return "none breaks";
  const places = (found: readonly ConsumerBreak[]): number => new Set(found.map(({ consumer }) => JSON.stringify(consumer))).size;
  return [
    ...(breaks.length === 0 ? [] : [`${counted(places(breaks), "handler")} would break`]),
    ...(unknown.length === 0 ? [] : [`of ${counted(places(unknown), "handler")} nobody can tell`]),
  ].join("; ");
}
