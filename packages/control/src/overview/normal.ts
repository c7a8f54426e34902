import type { ServiceFacts } from "../services/service-list.ts";
import { type EventRate, rateText } from "./event-rate.ts";
import { countText, type Problem } from "./problem.ts";

/** One thing that is as it should be, is not, or of which nobody knows. */
export interface Normal {
  readonly what: "services" | "handlers" | "failures" | "lag" | "outboxes" | "traffic";
  readonly state: "normal" | "not-normal" | "unknown";
  readonly sentence: string;
}

const asked: Readonly<Record<Normal["what"], string>> = {
  services: "whether every service runs",
  handlers: "whether every handler is live",
  failures: "whether events failed for good",
  lag: "how far behind groups are",
  outboxes: "whether all that was published is sent",
  traffic: "how many events come",
};

export interface NormalFacts extends ServiceFacts {
  readonly problems: readonly Problem[];
  /** Why the index may not know all of it. */
  readonly blind: string | null;
  readonly rate: EventRate;
}

/** What is normal. Where the index does not know, that is what it says: an empty list of failures is no good news then. */
export function normalOf(facts: NormalFacts): Normal[] {
  const { services, lag, problems, blind, rate } = facts;
  const names = services.names();
  const running = names.filter((service) => services.running(service).length > 0).length;
  const handlers = names.flatMap((service) => services.handlers(service));
  const live = handlers.filter(({ state }) => state === "live").length;
  // Whoever waits for a topic that is yet to come does what it should, until that has lasted.
  const waiting = handlers.filter(({ state }) => state === "waiting").length;
  const hasLasted = problems.some(({ kind, severity }) => kind === "handler-waiting" && severity !== "notice");
  const waits = waiting === 0 ? "" : `; ${countText(waiting, "waits", "wait")} for topics that do not exist yet`;
  const has = (...kinds: readonly Problem["kind"][]): boolean => problems.some(({ kind }) => kinds.includes(kind));
  const known = (isNormal: boolean, what: Normal["what"], sentence: string): Normal =>
    blind === null || !isNormal
      ? { what, state: isNormal ? "normal" : "not-normal", sentence }
      : { what, state: "unknown", sentence: `Nobody knows ${asked[what]}: ${blind}.` };
  const lagging = (lag ?? []).filter(({ incident }) => incident !== null).length;
  return [
    known(
      names.length === 0 || running === names.length,
      "services",
      names.length === 0 ? "No service has announced itself." : `${running} of ${countText(names.length, "service")} run.`,
    ),
    known(
      live + waiting === handlers.length && !hasLasted,
      "handlers",
      `${live} of ${countText(handlers.length, "handler")} are live${waits}.`,
    ),
    known(
      !has("failures"),
      "failures",
      has("failures") ? "There are failures that nobody has answered." : "No event failed for good.",
    ),
    lag === null
      ? { what: "lag", state: "unknown", sentence: `Nobody knows ${asked.lag}: it was not sampled yet.` }
      : {
          what: "lag",
          state: lagging === 0 ? "normal" : "not-normal",
          sentence:
            lagging === 0
              ? `${countText(lag.length, "group")}, none too far behind.`
              : `${countText(lagging, "group is", "groups are")} too far behind.`,
        },
    known(
      !has("outbox-stopped", "outbox-waiting"),
      "outboxes",
      has("outbox-stopped", "outbox-waiting")
        ? "Not every event that was published is sent."
        : "Every event that was published is sent.",
    ),
    rate === "measured" && blind === null
      ? { what: "traffic", state: "unknown", sentence: "How many events come is still being measured." }
      : known(true, "traffic", rate === null || rate === "measured" ? "No event has come yet." : rateText(rate)),
  ];
}
