import type { AuditEntry, RehearsedBuild, RehearsedCounts } from "throughline/system-topics";
import { controlError } from "../errors/catalogue.ts";
import type { IndexStore } from "../index-store/index-store.ts";

/** What whoever had letters rehearsed tells of it. */
export interface RehearsalReport {
  readonly service: string;
  readonly version: string;
  readonly startedAtMs: number;
  readonly letters: readonly ReportedLetter[];
}

export interface ReportedLetter {
  readonly failureId: string;
  readonly handler: string;
  readonly outcome: string;
  readonly error?: { readonly name: string; readonly code: string | null; readonly message: string } | null;
  readonly why?: string | null;
}

const pageSize = 200;
const mostGroups = 200;
const mostOthers = 100;
const longestWhy = 500;
const passing: ReadonlySet<string> = new Set(["applied", "duplicate", "stale"]);

/**
 * A report as it is kept: counted by the causes that the index knows of its letters, with some of those that do not pass.
 * Throws `REHEARSAL_REPORT_INVALID` where a letter is named twice, or is a failure of another service.
 */
export async function rehearsedBuild(index: IndexStore, report: RehearsalReport): Promise<RehearsedBuild> {
  const { service, version, startedAtMs, letters } = report;
  const groupOf = await groupsOf(index, report);
  const total = countsOf(letters);
  const groups = Map.groupBy(
    letters.filter(({ failureId }) => groupOf.has(failureId)),
    ({ failureId }) => groupOf.get(failureId)!,
  );
  const others = letters
    .filter(({ outcome }) => !passing.has(outcome))
    .slice(0, mostOthers)
    .map(({ failureId, handler, outcome, error, why }) => ({
      failureId,
      handler,
      group: groupOf.get(failureId) ?? null,
      outcome,
      why: error == null ? shortened(why ?? null) : shortened(`${error.code ?? error.name}: ${error.message}`),
    }));
  if (new Set(letters.map(({ failureId }) => failureId)).size < letters.length)
    throw controlError("REHEARSAL_REPORT_INVALID", { what: `it names a letter of "${service}" twice` });
  return {
    version,
    startedAtMs,
    total,
    groups: Object.fromEntries([...groups].slice(0, mostGroups).map(([group, of]) => [group, countsOf(of)])),
    others,
  };
}

async function groupsOf(index: IndexStore, { service, letters }: RehearsalReport): Promise<ReadonlyMap<string, string>> {
  const groupOf = new Map<string, string>();
  for (let at = 0; at < letters.length; at += pageSize) {
    const failureIds = letters.slice(at, at + pageSize).map(({ failureId }) => failureId);
    for (const failure of (await index.failures({ failureIds, limit: pageSize })).failures) {
      if (failure.service !== service)
        throw controlError("REHEARSAL_REPORT_INVALID", {
          what: `"${failure.failureId}" is a failure of "${failure.service}", not of "${service}"`,
        });
      groupOf.set(failure.failureId, failure.group);
    }
  }
  return groupOf;
}

const countsOf = (letters: readonly ReportedLetter[]): RehearsedCounts => ({
  letters: letters.length,
  passed: letters.filter(({ outcome }) => passing.has(outcome)).length,
  calls: letters.filter(({ outcome }) => outcome === "calls").length,
});

const shortened = (text: string | null): string | null =>
  text !== null && text.length > longestWhy ? `${text.slice(0, longestWhy)}…` : text;

/** How many letters of a build would pass, in a sentence. */
export const rehearsalSentence = ({ version, total: { letters, passed, calls } }: Pick<RehearsedBuild, "version" | "total">) =>
  `build ${version} was rehearsed: ${passed} of ${letters} would pass${calls === 0 ? "" : `, and ${calls} make calls, which were not made`}`;

/** A rehearsal of a build, as it stands in the audit. */
export type KnownRehearsal = Pick<AuditEntry, "id" | "service" | "by" | "atMs"> & RehearsedBuild;

/** The newest rehearsals of a service's builds; those that looked at a cause, where one is named. */
export async function rehearsedBuilds(
  index: IndexStore,
  {
    service,
    group,
    sinceMs,
    limit,
  }: { service: string; group?: string | undefined; sinceMs?: number | undefined; limit: number },
): Promise<KnownRehearsal[]> {
  const found: KnownRehearsal[] = [];
  let cursor: string | null = null;
  do {
    const page = await index.auditEntries({
      service,
      action: "rehearse",
      limit: pageSize,
      ...(sinceMs === undefined ? {} : { sinceMs }),
      ...(cursor === null ? {} : { cursor }),
    });
    for (const entry of page.entries as readonly AuditEntry[]) {
      const known = knownRehearsal(entry);
      if (known !== null && (group === undefined || Object.hasOwn(known.groups, group))) found.push(known);
    }
    ({ cursor } = page);
  } while (cursor !== null && found.length < limit);
  return found.slice(0, limit);
}

/** Anybody may write to the topic: what has not its form is none. */
function knownRehearsal({ id, service, by, atMs, rehearsal }: AuditEntry): KnownRehearsal | null {
  if (typeof rehearsal !== "object" || rehearsal === null || typeof id !== "string") return null;
  const { version, startedAtMs, total, groups, others } = rehearsal;
  if (typeof version !== "string" || !Number.isFinite(startedAtMs) || !isCounts(total) || !Array.isArray(others)) return null;
  if (typeof groups !== "object" || groups === null || !Object.values(groups).every(isCounts)) return null;
  const isText = (value: unknown): boolean => typeof value === "string";
  const isTextOrNull = (value: unknown): boolean => value === null || isText(value);
  const areOthers = others.every(
    (other: unknown) =>
      typeof other === "object" &&
      other !== null &&
      ["failureId", "handler", "outcome"].every((name) => isText((other as Record<string, unknown>)[name])) &&
      ["group", "why"].every((name) => isTextOrNull((other as Record<string, unknown>)[name])),
  );
  return areOthers ? { id, service, by, atMs, version, startedAtMs, total, groups, others } : null;
}

function isCounts(value: unknown): value is RehearsedCounts {
  if (typeof value !== "object" || value === null) return false;
  const { letters, passed, calls } = value as Record<string, unknown>;
  return [letters, passed, calls].every((count) => Number.isSafeInteger(count) && (count as number) >= 0);
}
