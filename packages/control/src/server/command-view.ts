import { allHandlers } from "throughline/system-topics";
import type { AskedCommand } from "../commands/command-book.ts";
import { describeOrder, type ServiceCommand } from "../commands/command-order.ts";
import { commandOutcome } from "../commands/command-outcome.ts";
import type { ServicesSeen } from "../reading/services-seen.ts";
import type { CommandView } from "./schemas/command-schemas.ts";

/** A command as it stands: what running instances say of it, else what its service wrote down. */
export function commandView({ command, written, endedAtMs }: AskedCommand, services: ServicesSeen): CommandView {
  const outcome = commandOutcome(services.running(command.service), command.commandId);
  const answer = outcome?.answer ?? written;
  const { commandId: id, service, handler, by, reason, atMs } = command;
  const { subject, tenant, perSecond, untilMs } = parameters(command);
  return {
    id,
    command: command.command,
    service,
    handler: handler === allHandlers ? null : handler,
    subject,
    tenant,
    perSecond,
    untilMs,
    by,
    reason,
    atMs,
    sentence: describeOrder(command),
    state: endedAtMs === null ? (answer?.state ?? "asked") : "ended",
    answer: answer?.sentence ?? null,
    answeredAtMs: answer?.atMs ?? null,
    appliedBy: outcome?.appliedBy ?? [],
    waitingFor: outcome?.waitingFor ?? [],
  };
}

function parameters(command: ServiceCommand) {
  const isHeld = command.command === "hold" || command.command === "release";
  return {
    subject: isHeld ? command.subject : null,
    tenant: isHeld ? command.tenant : null,
    perSecond: command.command === "limit" ? command.perSecond : null,
    untilMs: "untilMs" in command ? command.untilMs : null,
  };
}
