import type { PublishedContract } from "throughline/system-topics";
import { Readings } from "./reading.ts";
import type { ConsumerBreak, HandlerPlace } from "./reading-break.ts";
import type { RunningVersion } from "./running-services.ts";
import { type Candidate, whatItReads } from "./what-it-reads.ts";
import { whoBreaks } from "./who-breaks.ts";

export interface DeployVerdict {
  readonly service: string;
  /** `unknown`: nothing is known to break, and there is something of which nobody can tell. */
  readonly answer: "yes" | "no" | "unknown";
  /** What the deploy breaks: handlers of others by what it publishes, and its own by what they read. */
  readonly breaks: readonly ConsumerBreak[];
  /** What nobody can tell. */
  readonly unknown: readonly ConsumerBreak[];
  /** What is broken before and after: no reason not to deploy. */
  readonly already: readonly ConsumerBreak[];
  /** What its handlers will wait for: nobody that runs publishes it. */
  readonly unpublished: readonly { readonly type: string; readonly handler: string }[];
  /** Handlers of others that read something which it publishes, and its own. */
  readonly checked: { readonly consumers: readonly HandlerPlace[]; readonly handlers: readonly HandlerPlace[] };
}

/** What is known besides what runs. */
export interface DeployKnowledge {
  readonly running: readonly RunningVersion[];
  /** Every version of every contract that was agreed: of the lock file, or the registry. */
  readonly agreed: readonly PublishedContract[];
}

/**
 * Whether a service can be deployed beside what runs: whether what it publishes breaks nobody, and whether its handlers can read what
 * others publish, and what may still stand in the log.
 */
export function canDeploy(candidate: Candidate, { running, agreed }: DeployKnowledge): DeployVerdict {
  const { service, contracts } = candidate;
  const readings = new Readings();
  // What was agreed is no word of what runs: it may hold what is to be deployed already.
  const others = whoBreaks({ service, publishes: contracts.publishes }, running, readings);
  const own = whatItReads(candidate, running, agreed, readings);
  const found = [...others.breaks, ...own.breaks];
  const breaks = found.filter(({ isCertain }) => isCertain);
  const unknown = found.filter(({ isCertain }) => !isCertain);
  return {
    service,
    answer: breaks.length > 0 ? "no" : unknown.length > 0 ? "unknown" : "yes",
    breaks,
    unknown,
    already: [...others.already, ...own.already],
    unpublished: own.unpublished,
    checked: { consumers: distinct(others.checked), handlers: distinct(own.checked) },
  };
}

function distinct(places: readonly HandlerPlace[]): HandlerPlace[] {
  return [...new Map(places.map((place) => [JSON.stringify(place), place])).values()];
}
