import type { HurtTenant, IndexStore } from "../index-store/index-store.ts";
import type { DeliveryView, IncidentView } from "../lag/lag-store.ts";
import { asOfTenant } from "../services/failures-of-tenant.ts";
import { type ServiceFacts, unansweredOf } from "../services/service-list.ts";
import { type Change, changesOf } from "./changes.ts";
import { eventRateOf } from "./event-rate.ts";
import { failureProblems } from "./failure-problems.ts";
import { alertProblems, lagProblems, undecodableProblems } from "./log-problems.ts";
import { type Normal, normalOf } from "./normal.ts";
import { countText, type Problem, worstFirst } from "./problem.ts";
import { type SafeAction, safeToDo } from "./safe-to-do.ts";
import { serviceProblems } from "./service-problems.ts";
import { withFailing } from "./with-failing.ts";

export interface AcknowledgedProblem extends Problem {
  /** Whose it is. */
  readonly acknowledged: { readonly by: string; readonly note: string | null; readonly atMs: number } | null;
}

/** What on call asks first, in the order in which it is asked. */
export interface Overview {
  readonly atMs: number;
  /** Why the index may not know all of it: then what it does not say is unknown, not well. */
  readonly blind: string | null;
  readonly headline: string;
  /** The worst first; what is somebody's already comes after what is nobody's. */
  readonly broken: readonly AcknowledgedProblem[];
  readonly hurt: {
    readonly unanswered: number;
    readonly tenants: readonly HurtTenant[];
    readonly services: readonly HurtService[];
  };
  readonly changed: readonly Change[];
  readonly safe: readonly SafeAction[];
  readonly normal: readonly Normal[];
}

export interface HurtService {
  readonly service: string;
  readonly owner: string | null;
  readonly unanswered: number;
  readonly behind: number | null;
}

export interface OverviewFacts extends ServiceFacts {
  readonly nowMs: number;
  readonly blind: string | null;
  /** Whoever asks may see everything, and what is of no single service. */
  readonly seesAll: boolean;
  readonly isSeen: (service: string) => boolean;
  /** Why nobody watches the lag; null while somebody does. */
  readonly unwatched: string | null;
  readonly deliveries: readonly DeliveryView[];
  /** Open ones: whoever took one took the problem. */
  readonly incidents: readonly IncidentView[];
}

const mostGroups = 200;
const mostTenants = 20;
/** What somebody took on and forgot comes back. */
const acknowledgedMs = 7 * 86_400_000;

/** @param tenantId Only what a tenant is hurt by. */
export async function overviewOf(index: IndexStore, facts: OverviewFacts, tenantId?: string): Promise<Overview> {
  const { services, nowMs, blind, lag, seesAll } = facts;
  const ofTenant = tenantId === undefined ? {} : { tenantId };
  const groups = (await index.failureGroups({ openOnly: true, limit: mostGroups, ...ofTenant }))
    .filter(({ service }) => facts.isSeen(service))
    .map(asOfTenant);
  const positions = (await index.positions()).filter(({ isGone }) => !isGone);
  const elsewhere = [
    ...serviceProblems(services, nowMs),
    ...lagProblems(lag ?? [], services),
    ...(seesAll ? [...alertProblems(facts.unwatched, facts.deliveries, nowMs), ...undecodableProblems(positions)] : []),
  ];
  const failed = failureProblems(groups, services, nowMs, { blind, ...ofTenant });
  const problems = await withAcknowledgements(
    index,
    tenantId === undefined ? withFailing(failed, elsewhere, groups, services, nowMs) : failed,
    facts,
  );
  const failures = tenantId === undefined ? facts.failures : groups.map((group) => ({ ...group, groups: 1 }));
  const tenants = seesAll ? await index.hurtTenants(mostTenants, tenantId) : [];
  const versions = new Map(
    await Promise.all(services.names().map(async (service) => [service, await index.versionsOf(service)] as const)),
  );
  const rate = await eventRateOf(index, nowMs);
  return {
    atMs: nowMs,
    blind,
    headline: tenantId === undefined ? headlineOf(problems, blind) : headlineOfTenant(tenantId, problems, elsewhere, blind),
    broken: problems,
    hurt: hurtBy({ ...facts, failures }, tenants),
    changed: changesOf(services, versions, await index.contracts(), nowMs),
    safe: safeToDo(groups, services),
    normal: normalOf({ ...facts, problems: [...failed, ...elsewhere], rate }),
  };
}

async function withAcknowledgements(
  index: IndexStore,
  problems: readonly Problem[],
  { incidents, nowMs }: Pick<OverviewFacts, "incidents" | "nowMs">,
): Promise<AcknowledgedProblem[]> {
  const marks = new Map((await index.acknowledgements()).map((mark) => [mark.id, mark]));
  const withMarks = problems.map((problem): AcknowledgedProblem => {
    const mark = marks.get(markOf(problem)) ?? incidentsOf(problem, incidents).flatMap((one) => one.acknowledgement ?? [])[0];
    const counts = mark !== undefined && mark.atMs >= nowMs - acknowledgedMs && mark.atMs >= (problem.sinceMs ?? 0);
    return { ...problem, acknowledged: counts ? { by: mark.by, note: mark.note, atMs: mark.atMs } : null };
  });
  return withMarks.toSorted((a, b) => Number(a.acknowledged !== null) - Number(b.acknowledged !== null) || worstFirst(a, b));
}

/** What an acknowledgement in the audit names: an incident is known there by its own id. */
export const markOf = ({ id, kind }: Pick<Problem, "id" | "kind">): string => (kind === "lag" ? id.slice("lag:".length) : id);

/** Open incidents, which people were told of, that a problem is of. */
export const incidentsOf = (
  { id, kind, service }: Pick<Problem, "id" | "kind" | "service">,
  open: readonly IncidentView[],
): readonly IncidentView[] =>
  kind === "lag"
    ? open.filter((one) => id === `lag:${one.id}`)
    : open.filter(({ group, failures }) => group === service && failures?.causes.some((cause) => id === `failures:${cause}`));

function headlineOf(problems: readonly AcknowledgedProblem[], blind: string | null): string {
  const open = problems.filter(({ severity }) => severity !== "notice");
  const [worst] = open;
  const unknown = blind === null ? "" : ` What else is wrong is unknown: ${blind}.`;
  if (worst === undefined) return blind === null ? "Nothing is broken." : `Whether anything is broken is unknown: ${blind}.`;
  const more = open.length === 1 ? "" : ` ${countText(open.length - 1, "more problem")}.`;
  return `${worst.sentence}${more}${unknown}`;
}

/** What is wrong for everybody is not a tenant's alone, and is told all the same. */
function headlineOfTenant(
  tenantId: string,
  problems: readonly AcknowledgedProblem[],
  elsewhere: readonly Problem[],
  blind: string | null,
): string {
  const others = elsewhere.filter(({ severity }) => severity !== "notice").length;
  const more = others === 0 ? "" : ` ${countText(others, "problem is", "problems are")} of no single tenant.`;
  if (problems.length > 0) return `${headlineOf(problems, blind)}${more}`;
  if (blind !== null) return `Whether anything of ${tenantId} failed is unknown: ${blind}.${more}`;
  return `No event of ${tenantId} failed for good.${more}`;
}

function hurtBy({ services, failures, lag }: ServiceFacts, tenants: readonly HurtTenant[]): Overview["hurt"] {
  const hurt = services
    .names()
    .map((service) => {
      const group = lag?.find((one) => one.group === service);
      const behind = group?.incident == null ? null : group.behind;
      return { service, owner: services.newest(service)?.owner ?? null, unanswered: unansweredOf(failures, service), behind };
    })
    .filter(({ unanswered, behind }) => unanswered > 0 || behind !== null)
    .toSorted((a, b) => b.unanswered - a.unanswered || (b.behind ?? 0) - (a.behind ?? 0));
  return { unanswered: failures.reduce((sum, { open, asked }) => sum + open + asked, 0), tenants, services: hurt };
}
