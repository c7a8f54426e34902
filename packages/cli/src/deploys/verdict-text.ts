import type { ConsumerBreak, DeployVerdict, RunningVersion } from "@throughline/registry";
import type { Paint } from "../output/colours.ts";
import { breaksAsText, counted } from "./break-text.ts";

const colours = { yes: "green", no: "red", unknown: "yellow" } as const;

/** The answer to `can-deploy`, for people and for a review. */
export function verdictAsText(verdict: DeployVerdict, paint: Paint, hintFor: (found: ConsumerBreak) => string | null): string {
  const { service, answer, breaks, unknown, already, unpublished, checked } = verdict;
  const section = (title: string, found: readonly ConsumerBreak[]): string[] =>
    found.length === 0 ? [] : ["", title, ...breaksAsText(found, paint, hintFor)];
  const nobody = [...new Set(unpublished.map(({ type, handler }) => `  ${handler} waits for ${type}`))];
  return [
    `${paint("bold", service)}: ${paint(colours[answer], answer === "unknown" ? "cannot tell" : answer)}`,
    `It was compared with ${counted(checked.consumers.length, "running handler")} of what it publishes, and ${counted(checked.handlers.length, "handler")} of its own with what they will read.`,
    ...section("It would break:", breaks),
    ...section("Nobody can tell (--allow-unknown goes on all the same):", unknown),
    ...section("It is so already, and no reason not to deploy:", already),
    ...(nobody.length === 0 ? [] : ["", "Nobody that runs publishes what these read:", ...nobody]),
    "",
  ].join("\n");
}

/**
 * The same for programs, with what it was compared with.
 * @param lock The file with what was agreed; null where there is none.
 */
export function verdictAsJson(verdict: DeployVerdict, running: readonly RunningVersion[], lock: string | null): object {
  return {
    ...verdict,
    lock,
    running: running.map(({ service, version, instances, contracts, whyUnknown }) => ({
      service,
      version,
      instances,
      tells: contracts !== null,
      whyUnknown,
    })),
  };
}
