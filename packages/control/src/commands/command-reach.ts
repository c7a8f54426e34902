import { allHandlers, type ControlAnnouncement, describeControl, type HandlerAnnouncement } from "throughline/system-topics";
import type { ServicesSeen } from "../reading/services-seen.ts";
import { type CommandOrder, describeOrder } from "./command-order.ts";

/** What a command would touch, told before anybody asks for it. */
export interface CommandReach {
  readonly sentence: string;
  readonly handlers: readonly Pick<HandlerAnnouncement, "name" | "state" | "behind" | "parked" | "dead" | "problem">[];
  /** Instances that run, and will apply it. */
  readonly instances: readonly string[];
  /** Pauses, limits and holds that stand on these handlers, as sentences. */
  readonly controls: readonly string[];
  /** What one should know before. */
  readonly warnings: readonly string[];
  /** Why it cannot be asked for at all; empty where it can. */
  readonly refused: readonly string[];
}

/** What an order would touch, by the last word of the service. */
export function commandReach(services: ServicesSeen, order: CommandOrder, nowMs: number): CommandReach {
  const { service, handler } = order;
  const known = services.handlers(service);
  const meant = handler === allHandlers ? known : known.filter(({ name }) => name === handler);
  const controls = services.controls(service).filter((control) => concerns(control, handler));
  const instances = services.running(service).map(({ instance }) => instance);
  const refused = [
    ...(meant.length > 0 ? [] : [unknownHandler(service, handler, known)]),
    ...("untilMs" in order && order.untilMs !== null && order.untilMs <= nowMs ? ["it would be over before it began"] : []),
    ...(order.command === "accept-loss" ? noLoss(service, handler, meant) : []),
  ];
  return {
    sentence: `This ${describeOrder(order)}. ${counted(meant)}`,
    handlers: meant.map(({ name, state, behind, parked, dead, problem }) => ({ name, state, behind, parked, dead, problem })),
    instances,
    controls: controls.map((control) => describeControl(control, control.handler)),
    warnings: [...absent(services, service, nowMs), ...pointless(order, controls)],
    refused,
  };
}

/** Whether a control stands on a handler, or on all. */
const concerns = (control: ControlAnnouncement, handler: string): boolean =>
  handler === allHandlers || control.handler === null || control.handler === handler;

function unknownHandler(service: string, handler: string, known: readonly HandlerAnnouncement[]): string {
  if (known.length === 0) return `${service} has announced no handler`;
  return `${service} has no handler "${handler}"; it has ${known.map(({ name }) => name).join(", ")}`;
}

function noLoss(service: string, handler: string, meant: readonly HandlerAnnouncement[]): string[] {
  if (handler === allHandlers) return ["a loss is accepted for one handler: name it"];
  const running = meant.find(({ state }) => state !== "stopped");
  return running === undefined ? [] : [`${service}/${handler} has not stopped, so it has lost nothing`];
}

function absent(services: ServicesSeen, service: string, nowMs: number): string[] {
  const absence = services.absence(service);
  if (absence === null) return [];
  const since = absence.sinceMs === null ? "" : `, for ${Math.max(0, Math.round((nowMs - absence.sinceMs) / 60_000))} minutes`;
  return [`${service} does not run as far as anybody can tell (${absence.state}${since}); it does this when it is started`];
}

/** Where there is nothing to end, or something to replace. */
function pointless(order: CommandOrder, controls: readonly ControlAnnouncement[]): string[] {
  const standing = (kind: ControlAnnouncement["kind"]) => controls.filter((control) => control.kind === kind);
  const ofThis = (control: ControlAnnouncement): boolean =>
    "subject" in order && control.subject === order.subject && control.tenant === order.tenant;
  if (order.command === "resume" && standing("pause").length === 0) return ["nothing of it is paused"];
  if (order.command === "release" && !standing("hold").some(ofThis)) return ["nothing of it is held"];
  if (order.command === "limit" && order.perSecond === null && standing("limit").length === 0)
    return ["nothing of it is limited"];
  const before =
    order.command === "pause" || order.command === "limit"
      ? standing(order.command)
      : order.command === "hold"
        ? standing("hold").filter(ofThis)
        : [];
  return before.map((control) => `it stands already, and this takes its place: ${describeControl(control, control.handler)}`);
}

function counted(handlers: readonly HandlerAnnouncement[]): string {
  const sum = (part: (handler: HandlerAnnouncement) => number): number => handlers.reduce((total, one) => total + part(one), 0);
  const unknown = handlers.some(({ behind }) => behind === null) ? " at least" : "";
  const behind = `${sum(({ behind }) => behind ?? 0)} events lie before${unknown}`;
  const whose = handlers.length === 1 ? "It is one handler" : `These are ${handlers.length} handlers`;
  return `${whose}: ${behind}, ${sum(({ parked }) => parked)} are parked, ${sum(({ dead }) => dead)} are dead letters.`;
}
