import { type AcceptLossCommand, allHandlers, type ControlCommand, heldText } from "throughline/system-topics";
import type { AuditIntent } from "../audit/create-audit.ts";

export type ServiceCommand = ControlCommand | AcceptLossCommand;

type Without<T> = T extends unknown ? Omit<T, "commandId" | "by" | "reason" | "atMs"> : never;
/** What is asked of a service, before anybody asked it. */
export type CommandOrder = Without<ServiceCommand>;

/** What an order does, in a sentence without its end: "pauses every handler of billing". */
export function describeOrder(order: CommandOrder): string {
  const { service, handler } = order;
  const whose = handler === allHandlers ? `every handler of ${service}` : `${service}/${handler}`;
  switch (order.command) {
    case "pause":
      return `pauses ${whose}${until(order.untilMs)}: no new events, retries and calls; what runs is finished`;
    case "resume":
      return `lets ${whose} go on where it stopped`;
    case "limit":
      return order.perSecond === null
        ? `lets ${whose} take as many events as come`
        : `limits ${whose} to ${order.perSecond} events a second, all instances together${until(order.untilMs)}`;
    case "hold":
      return `parks events of ${heldText(order)} for ${whose}, in order${until(order.untilMs)}; everything else goes on`;
    case "release":
      return `lets ${heldText(order)} go on for ${whose}, what is parked first`;
    case "accept-loss":
      return `lets ${whose} go on behind records that are gone, which it never handles`;
    default:
      return order satisfies never;
  }
}

const until = (ms: number | null): string => (ms === null ? "" : ` until ${new Date(ms).toISOString()}`);

/** The entry of the audit that stands before a command. */
export function commandAudit({ command: action, service, handler, commandId: id, reason }: ServiceCommand): AuditIntent {
  return { action, service, handler, id, reason };
}
