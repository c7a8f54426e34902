import type { FastifyRequest } from "fastify";
import { allHandlers, commandRecord, commandsTopic, topicSpec } from "throughline/system-topics";
import Type from "typebox";
import { actorMay, requireRight } from "../../access/actor.ts";
import { seal, unseal } from "../../access/sealed.ts";
import { audited } from "../../audit/create-audit.ts";
import { CommandBook } from "../../commands/command-book.ts";
import { commandAudit, type CommandOrder, type ServiceCommand } from "../../commands/command-order.ts";
import { commandReach } from "../../commands/command-reach.ts";
import { heldReach } from "../../commands/held-reach.ts";
import { controlError } from "../../errors/catalogue.ts";
import { newIdFrom } from "../../new-id.ts";
import { indexedServices } from "../../index-store/indexed-services.ts";
import type { ServicesSeen } from "../../reading/services-seen.ts";
import { serviceInBody } from "../asked-services.ts";
import { commandView } from "../command-view.ts";
import type { ControlRoutes } from "../control-app.ts";
import { answerLive } from "../live.ts";
import {
  CommandBody,
  CommandPageView,
  CommandReachBody,
  CommandReachView,
  type CommandReachBody as ReachBody,
  CommandView,
} from "../schemas/command-schemas.ts";

const tags = ["commands"];
const purpose = "command";
const confirmWithinMs = 10 * 60_000;
const lookAgainMs = 1_000;
const aCommand = Type.Object({ id: Type.String({ minLength: 1 }) });

const CommandsQuery = Type.Object(
  {
    service: Type.Optional(Type.String()),
    limit: Type.Integer({ default: 50, minimum: 1, maximum: 500 }),
    cursor: Type.Optional(
      Type.String({ minLength: 1, description: "Of the page before: commands that were asked for earlier." }),
    ),
  },
  { additionalProperties: false },
);

/** What somebody saw, sealed: only that can be confirmed, by nobody else, and once. */
interface Confirm {
  readonly id: string;
  readonly by: string;
  readonly order: CommandOrder;
}

/** What on call can ask of services: first what it would touch, then the confirmation, then what became of it. */
export const commandRoutes: ControlRoutes = (app, { access, audit, changes, index, log, surroundings }) => {
  const book = new CommandBook(log);
  const under = new Map<string, Promise<unknown>>();
  const now = (): number => surroundings.clock.now();
  const services = (): Promise<ServicesSeen> => indexedServices(index, log, now());

  const find = async (id: string): Promise<CommandView | null> => {
    const asked = (await book.all()).find(({ command }) => command.commandId === id);
    return asked === undefined ? null : commandView(asked, await services());
  };
  const one = async (id: string): Promise<CommandView> => {
    const found = await find(id);
    if (found !== null) return found;
    throw controlError("CONTROL_NOT_FOUND", { what: `command "${id}"`, hint: "/commands lists the last ones" });
  };

  const confirmed = ({ actor, body }: FastifyRequest): Confirm => {
    const found = unseal(access.store.key, purpose, (body as { confirm: string }).confirm, now()) as Confirm | null;
    if (found === null || found.by !== actor.name) throw controlError("CONTROL_CONFIRM_OVER", {});
    return found;
  };

  /** Written down, then asked for: a service carries it out when it reads it. Whoever confirms twice asks once. */
  const ask = async (request: FastifyRequest, { id, order }: Confirm, reason: string): Promise<void> => {
    if ((await find(id)) !== null) return;
    const { refused } = commandReach(await services(), order, now());
    if (refused.length > 0) throw controlError("CONTROL_COMMAND_REFUSED", { reasons: refused });
    const command: ServiceCommand = { ...order, commandId: id, by: request.actor.name, reason, atMs: now() };
    await audited(audit, request.actor, commandAudit(command), async () => {
      await log.createTopics([topicSpec(commandsTopic)]);
      const [result] = await log.append([commandRecord(command)]);
      if (result?.ok !== true) throw result?.error ?? new Error("the log answered with nothing");
    });
  };

  app.post(
    "/commands/reach",
    {
      config: { right: "read", service: serviceInBody },
      schema: {
        tags,
        summary: "What a command would touch, before anybody asks for it. Writes nothing",
        body: CommandReachBody,
        response: { 200: CommandReachView },
      },
    },
    async ({ actor, body }) => {
      const order = orderIn(body);
      const ofService = commandReach(await services(), order, now());
      const ofHeld = await heldReach(index, order, actorMay(actor, "read"));
      const reach = {
        ...ofService,
        sentence: [ofService.sentence, ...ofHeld.sentences].join(" "),
        warnings: [...ofHeld.warnings, ...ofService.warnings],
      };
      if (reach.refused.length > 0 || !actorMay(actor, "act", order.service))
        return { ...reach, confirm: null, confirmUntilMs: null };
      const confirmUntilMs = now() + confirmWithinMs;
      const shown: Confirm = { id: newIdFrom(surroundings), by: actor.name, order };
      return { ...reach, confirm: seal(access.store.key, purpose, shown, confirmUntilMs), confirmUntilMs };
    },
  );

  app.post(
    "/commands",
    {
      config: { right: "act", service: (request) => confirmed(request).order.service },
      schema: {
        tags,
        summary: "Asks a service for what was shown; it does it when it reads it",
        body: CommandBody,
        response: { 202: CommandView },
      },
    },
    async (request, reply) => {
      const shown = confirmed(request);
      const { reason } = request.body;
      if (reason.trim() === "") throw controlError("CONTROL_REQUEST_INVALID", { what: "the reason is empty" });
      const asking = under.get(shown.id) ?? ask(request, shown, reason);
      under.set(shown.id, asking);
      await asking.finally(() => under.delete(shown.id));
      return reply.status(202).send(await one(shown.id));
    },
  );

  app.get(
    "/commands",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags,
        summary: "What was asked of services, newest first",
        querystring: CommandsQuery,
        response: { 200: CommandPageView },
      },
    },
    async ({ actor, query: { service, limit, cursor } }) => {
      const all = (await book.all()).filter(
        ({ command }) => (service === undefined || command.service === service) && actorMay(actor, "read", command.service),
      );
      const from = cursor === undefined ? 0 : all.findIndex(({ command }) => command.commandId === cursor) + 1;
      const seen = await services();
      const items = all.slice(from, from + limit).map((asked) => commandView(asked, seen));
      return { items, next: all.length > from + limit ? items.at(-1)!.id : null };
    },
  );

  app.get(
    "/commands/:id",
    {
      config: { right: "read", service: "each" },
      schema: { tags, summary: "One command, and what became of it", params: aCommand, response: { 200: CommandView } },
    },
    async ({ actor, params: { id } }) => {
      const found = await one(id);
      requireRight(actor, "read", [found.service]);
      return found;
    },
  );

  app.get(
    "/commands/:id/live",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags,
        summary: "One command as it is carried out: server-sent events, each the whole command, when it has changed",
        params: aCommand,
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      requireRight(request.actor, "read", [(await one(id)).service]);
      await answerLive(request, reply, async function* (signal) {
        let last = "";
        while (!signal.aborted) {
          const version = await changes.version();
          const data = await one(id);
          const text = JSON.stringify(data);
          if (text !== last) yield { event: "command", data };
          last = text;
          await changes.after(version, signal, lookAgainMs);
        }
      });
    },
  );
};

/** What the body asks for. @throws CONTROL_REQUEST_INVALID where the command has other parts */
function orderIn(body: ReachBody): CommandOrder {
  const { command, service, handler = null, subject = null, tenant = null, perSecond, untilMs = null } = body;
  const invalid = (what: string): Error => controlError("CONTROL_REQUEST_INVALID", { what: `${command}: ${what}` });
  const isHeld = command === "hold" || command === "release";
  const takesEnd = command === "pause" || command === "limit" || command === "hold";
  if (!isHeld && (subject !== null || tenant !== null)) throw invalid("subject and tenant are for hold and release");
  if (isHeld && (subject === null) === (tenant === null)) throw invalid("say subject or tenant, one of the two");
  if ((command === "limit") !== (perSecond !== undefined)) throw invalid("perSecond is for limit, which needs it");
  if (!takesEnd && untilMs !== null) throw invalid("it has no end");
  if ((command === "limit" || command === "accept-loss") && handler === null) throw invalid("name the handler");
  const about = { service, handler: handler ?? allHandlers };
  if (command === "limit") return { command, ...about, perSecond: perSecond ?? null, untilMs };
  if (command === "hold") return { command, ...about, subject, tenant, untilMs };
  if (command === "release") return { command, ...about, subject, tenant };
  if (command === "pause") return { command, ...about, untilMs };
  return { command, ...about };
}
