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
    removed.map(({ type, version, service }) => {
      const next = contracts.find(({ contract }) => contract.type === type && contract.version > version);
      const followed = next === undefined ? "" : `, for version ${next.contract.version}`;
      return `- ${type} version ${version}, by ${service}${followed}; its events stay in the log`;
    }),
  );
  section(`The lock is out of date: ${lock.file}`, lock.isStale ? lockEntries(report) : []);
  section(
    `Not registered yet`,
    lock.unregistered.length === 0
      ? []
      : [...lock.unregistered.map((what) => `- ${what}`), "", "Register: throughline contracts push"],
  );
  if (same.length > 0) lines.push("", `As agreed: ${same.length}.`);
  return `${lines
    .join("\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trimEnd()}\n`;
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
  if (contracts.length === 0 && told.length === 0) return "these services publish none";
  const said =
    told.length === 0 ? `${contracts.length === 1 ? "1 is" : `all ${contracts.length} are`} as agreed` : told.join(", ");
  return lock.isStale ? `${said}; the lock is out of date` : said;
}

function breakingEntry({ contract, differences, todo }: ComparedContract): string[] {
  return [
    `### ${nameOf(contract)}`,
    "",
    ...reasonsAsText(differences).map((reason) => `- ${reason}`),
    "",
    `What to do: ${todo ?? ""}`,
    "",
  ];
}

function changedEntry({ contract, changes }: ComparedContract): string[] {
  return [`### ${nameOf(contract)}`, "", ...changes.map((what) => `- ${what}`), ""];
}

/** What stands above is not said again, and what breaks is not to be pushed. */
function lockEntries({ lock, contracts }: ContractsReport): string[] {
  const entries = lock.reasons.flatMap(({ contract, what }) => {
    if (contract === null) return [`- ${what}`];
    const { type, version } = contract;
    const status = contracts.find((each) => each.contract.type === type && each.contract.version === version)?.status;
    if (status === "breaking") return [];
    const isTold = status === "compatible" || status === "new";
    return [`- ${type} version ${version}${isTold ? "" : `: ${what}`}`];
  });
  const distinct = [...new Set(entries)];
  if (distinct.length === 0) return [];
  const told = distinct.slice(0, mostReasons);
  const more = distinct.length > mostReasons ? [`- and ${distinct.length - mostReasons} more`] : [];
  return [...told, ...more, "", "Bring it up to date: throughline contracts push"];
}

const mostReasons = 20;

export const nameOf = ({ type, version, service }: CodeContract): string => `${type} version ${version}, published by ${service}`;

/** Reasons as sentences: one that holds for several older schemas is said once, of the newest. */
export function reasonsAsText(reasons: readonly RegistryReason[]): string[] {
  const alike = Map.groupBy(reasons, ({ kind, path, pointer, direction, message }) =>
    JSON.stringify(kind === undefined ? [message] : [kind, path, pointer, direction]),
  );
  return [...alike.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const { message, kind, pointer, direction } = first;
    if (kind === undefined) return [message];
    const where = pointer === undefined || pointer === "" ? kind : `${kind} at ${pointer}`;
    const whom = direction === "backward" ? "this code could not read older events" : "who runs could not read the new events";
    const before = others.length === 0 ? "" : `, also by what was agreed before`;
    return [`${message} (${where}: ${whom}${before})`];
  });
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
