import type { Alert, AlertKind } from "../alerts/alert.ts";
import type { Incident } from "./incident.ts";
import { fits, type LagRule } from "./lag-rules.ts";
import type { Delivery, Silence } from "./lag-store.ts";

export interface AlertsContext {
  readonly rule: LagRule;
  readonly nowMs: number;
  readonly newId: () => string;
  readonly isSilenced: boolean;
  readonly isAcknowledged: boolean;
  /** That something is wrong counts now. */
  readonly isOver: boolean;
  /** The incident in sentences and facts. */
  readonly say: (kind: Exclude<AlertKind, "test">, incident: Incident) => Omit<Alert, "id">;
}

/**
 * Who is to be told now that an incident is open, and the incident with that noted; pure. A step of the escalation is told once. What a
 * silence kept back is told when the silence ends, if the incident is still open; a step after the first waits for no one who has
 * acknowledged it, and while everything that is behind is excused. One incident's alerts come from here, whatever it is about.
 */
export function dueAlerts(
  incident: Incident,
  context: AlertsContext,
): { readonly incident: Incident; readonly deliveries: Delivery[] } {
  const { rule, nowMs, newId, isSilenced, isAcknowledged, isOver, say } = context;
  let after = incident;
  const deliveries: Delivery[] = [];
  if (isSilenced || !isOver) return { incident, deliveries };
  for (const [index, { afterMs, channels }] of rule.escalation.entries()) {
    const isFirst = after.told.length === 0;
    if (after.told.includes(index) || nowMs - incident.openedAtMs < afterMs || (isAcknowledged && !isFirst)) continue;
    const alert = say(isFirst ? "alert" : "escalation", after);
    deliveries.push(...toEach(channels, alert, newId));
    after = {
      ...after,
      told: [...after.told, index],
      toldChannels: [...new Set([...after.toldChannels, ...channels])],
    };
  }
  return { incident: after, deliveries };
}

/** Everybody who was told of an incident is told that it ended, silenced or not; nobody else is. */
export const recoveryAlerts = (incident: Incident, { newId, say }: Pick<AlertsContext, "newId" | "say">): Delivery[] =>
  toEach(incident.toldChannels, say("recovery", incident), newId);

function toEach(channels: readonly string[], alert: Omit<Alert, "id">, newId: () => string): Delivery[] {
  return channels.map((channel) => {
    const id = newId();
    return { id, incidentId: alert.incidentId, channel, alert: { id, ...alert }, attempts: 0 };
  });
}

/** Whether one of the silences covers a group now. */
export const isSilenced = (silences: readonly Silence[], group: string, nowMs: number): boolean =>
  silences.some(({ groups, fromMs, untilMs }) => fromMs <= nowMs && nowMs < untilMs && fits(groups, group));
