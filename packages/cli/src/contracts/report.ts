import type { RegistryReason } from "throughline/seams";
import type { ContractsReport } from "./check-contracts.ts";
import type { CodeContract } from "./code-contracts.ts";
import type { ComparedContract } from "./compare-contract.ts";

/** A report for people, plain text that is also Markdown: it may be pasted into a review as it is. */
export function reportAsText(report: ContractsReport): string {
  const { contracts, removed, comparedWith, lock } = report;
  const of = (status: ComparedContract["status"]): ComparedContract[] => contracts.filter((each) => each.status === status);
  const [breaking, compatible, fresh, same] = [of("breaking"), of("compatible"), of("new"), of("same")];
  const lines = [
    `# Contracts: ${headline(report)}`,
    "",
    `Compared with ${comparedWith.kind === "registry" ? `the registry at ${comparedWith.place}` : comparedWith.place}.`,
    ...(comparedWith.registryAway === null ? [] : [`The registry was not asked: ${comparedWith.registryAway}.`]),
  ];
  const section = (title: string, entries: readonly string[]): void => {
    if (entries.length > 0) lines.push("", `## ${title}`, "", ...entries);
  };
  section("Breaks", breaking.flatMap(breakingEntry));
  section("Changed, and breaks nobody", compatible.flatMap(changedEntry));
  section(
    "New",
    fresh.map(({ contract }) => `- ${nameOf(contract)}`),
  );
  section(
    "Published no more",
    removed.map(({ type, version, service }) => `- ${type} version ${version}, by ${service}; its events stay in the log`),
  );
  section(`The lock is out of date: ${lock.file}`, lock.isStale ? lockEntries(lock) : []);
  section(
    `Not registered yet`,
    lock.unregistered.length === 0
      ? []
      : [...lock.unregistered.map((what) => `- ${what}`), "", "Register: throughline contracts push"],
  );
  if (same.length > 0) lines.push("", `As agreed: ${same.length}.`);
  return `${lines.join("\n")}\n`;
}

function headline({ contracts, removed, lock }: ContractsReport): string {
  const count = (status: ComparedContract["status"]): number => contracts.filter((each) => each.status === status).length;
  const parts = [
    [count("breaking"), "breaks", "break"],
    [count("compatible"), "changes", "change"],
    [count("new"), "is new", "are new"],
    [removed.length, "is published no more", "are published no more"],
  ] as const;
  const told = parts.filter(([number]) => number > 0).map(([number, one, many]) => `${number} ${number === 1 ? one : many}`);
  const said =
    told.length === 0 ? `${contracts.length === 1 ? "1 is" : `all ${contracts.length} are`} as agreed` : told.join(", ");
  return lock.isStale ? `${said}; the lock is out of date` : said;
}

function breakingEntry({ contract, differences, todo }: ComparedContract): string[] {
  return [
    `### ${nameOf(contract)}`,
    "",
    ...differences.map((difference) => `- ${reasonAsText(difference)}`),
    "",
    `What to do: ${todo ?? ""}`,
    "",
  ];
}

function changedEntry({ contract, changes }: ComparedContract): string[] {
  return [`### ${nameOf(contract)}`, "", ...changes.map((what) => `- ${what}`), ""];
}

function lockEntries({ reasons }: ContractsReport["lock"]): string[] {
  const told = reasons.slice(0, mostReasons).map((reason) => `- ${reason}`);
  const more = reasons.length > mostReasons ? [`- and ${reasons.length - mostReasons} more`] : [];
  return [...told, ...more, "", "Bring it up to date: throughline contracts push"];
}

const mostReasons = 20;

export const nameOf = ({ type, version, service }: CodeContract): string => `${type} version ${version}, published by ${service}`;

/** A reason with what kind it is, where it stands, and whom it breaks. */
export function reasonAsText({ message, kind, pointer, direction, version }: RegistryReason): string {
  if (kind === undefined) return message;
  const whom =
    direction === "backward"
      ? `who has this code could not read events of version ${version}`
      : `who has version ${version} could not read the new events`;
  return `${message} (${[kind, ...(pointer === undefined || pointer === "" ? [] : [`at ${pointer}`])].join(" ")}; ${whom})`;
}

export function reportAsJson({ ok, comparedWith, contracts, removed, lock }: ContractsReport): object {
  return {
    ok,
    comparedWith,
    contracts: contracts.map(({ contract: { type, version, service }, status, differences, changes, todo }) => ({
      type,
      version,
      service,
      status,
      differences,
      changes,
      todo,
    })),
    removed,
    lock,
  };
}
