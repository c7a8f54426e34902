import type { IndexedPartition } from "../index-store/index-store.ts";
import type { ServicesSeen } from "../reading/services-seen.ts";
import type { PlannedConsumer, PlanWarningTold } from "./job.ts";

/** What a person should know before a plan is confirmed. */
export function planWarnings(
  consumers: readonly (PlannedConsumer & { readonly uncertain: number })[],
  services: ServicesSeen,
  positions: readonly IndexedPartition[],
): PlanWarningTold[] {
  const behind = positions
    .filter(({ topic, isGone }) => !isGone && topic.endsWith(".dlt"))
    .reduce((sum, { nextOffset, endOffset }) => sum + Math.max(0, endOffset - nextOffset), 0);
  return [
    ...consumers.flatMap((consumer) => warningsOf(consumer, services)),
    ...(behind === 0
      ? []
      : [
          told(
            "index-behind",
            `the index has not read ${behind} records of the dead letter topics yet: letters may be missing here`,
          ),
        ]),
  ];
}

function warningsOf(
  { service, handler, absence, running, failedIn, uncertain }: PlannedConsumer & { readonly uncertain: number },
  services: ServicesSeen,
): PlanWarningTold[] {
  const warnings: PlanWarningTold[] = [];
  if (absence !== null) warnings.push(told("not-running", `${service} does not run (${absence}): requests wait until it does`));
  const again = failedIn.filter(({ version }) => running.includes(version));
  if (again.length > 0) {
    const count = again.reduce((sum, one) => sum + one.count, 0);
    const versions = again.map(({ version }) => version).join(", ");
    warnings.push(
      told(
        "same-version",
        count === 1
          ? `1 of them failed in ${service} ${versions}, which runs now: unless something else was mended it fails again`
          : `${count} of them failed in ${service} ${versions}, which runs now: unless something else was mended they fail again`,
      ),
    );
  }
  const isPaused = services
    .controls(service)
    .some((control) => control.kind === "pause" && (control.handler === null || control.handler === handler));
  if (isPaused) warnings.push(told("paused", `${service}/${handler} is paused: what is redriven runs when it is resumed`));
  if (absence === null && services.handler(service, handler) === null)
    warnings.push(
      told("no-such-handler", `what runs of ${service} has no handler "${handler}": it would answer no request for it`),
    );
  if (uncertain > 0)
    warnings.push(told("uncertain", `of ${uncertain} the call may have happened: redriving them may do it twice`));
  return warnings;
}

const told = (warning: PlanWarningTold["warning"], sentence: string): PlanWarningTold => ({ warning, sentence });
