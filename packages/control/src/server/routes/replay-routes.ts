import { setTimeout as wait } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import { commandRecord, commandsTopic, type ReplayControl, type ReplayStart, topicSpec } from "throughline/system-topics";
import Type from "typebox";
import { actorMay, requireRight } from "../../access/actor.ts";
import { audited } from "../../audit/create-audit.ts";
import { controlError } from "../../errors/catalogue.ts";
import { newIdFrom } from "../../new-id.ts";
import { indexedServices } from "../../index-store/indexed-services.ts";
import type { ServicesSeen } from "../../reading/services-seen.ts";
import { AskedReplays } from "../../replays/asked-replays.ts";
import { planReplay, type ReplayRequest } from "../../replays/plan-replay.ts";
import { serviceInBody } from "../asked-services.ts";
import type { ControlRoutes } from "../control-app.ts";
import { answerLive } from "../live.ts";
import { replayViews } from "../replay-view.ts";
import { sharedFor } from "../shared-for.ts";
import {
  ReplayControlBody,
  ReplayListView,
  ReplayPlanBody,
  ReplayPlanView,
  type ReplayRequestBody,
  ReplayStartBody,
  ReplayView,
} from "../schemas/replay-schemas.ts";

const aReplay = Type.Object({ id: Type.String({ minLength: 1 }) });
/** An index that follows a busy log changes all the time. */
const liveEveryMs = 500;
/** Commands come without the index. */
const lookAgainMs = 2_000;
/** Counting reads the log, for up to a minute. */
const mostCounting = 4;
const over: ReadonlySet<ReplayView["state"]> = new Set(["done", "cancelled", "refused"]);

/** Runs of handlers through history. */
export const replayRoutes: ControlRoutes = (app, { index, log, changes, surroundings, audit }) => {
  const asked = new AskedReplays(log);
  let counting = 0;
  const services = (): Promise<ServicesSeen> => indexedServices(index, log, surroundings.clock.now());
  const all = async (): Promise<ReplayView[]> => replayViews(await asked.all(), await services());

  /** For all who watch. */
  const watched = sharedFor(liveEveryMs, all);

  const one = async (id: string): Promise<ReplayView> => {
    const found = (await all()).find((replay) => replay.id === id);
    if (found === undefined)
      throw controlError("CONTROL_NOT_FOUND", { what: `replay "${id}"`, hint: "/replays lists those there are" });
    return found;
  };

  /** Written down, then asked for: a service carries it out when it reads it. */
  const command = (request: FastifyRequest, order: ReplayStart | ReplayControl): Promise<void> => {
    const { command: action, service, handler, commandId: id, reason } = order;
    return audited(audit, request.actor, { action, service, handler, id, reason }, async () => {
      await log.createTopics([topicSpec(commandsTopic)]);
      const [result] = await log.append([commandRecord(order)]);
      if (result?.ok !== true) throw result?.error ?? new Error("the log answered with nothing");
    });
  };

  app.post(
    "/replays/plan",
    {
      config: { right: "read", service: serviceInBody },
      schema: {
        tags: ["replays"],
        summary:
          "What a replay would do: how many events it would hand to the handler, and what speaks against it. Writes nothing",
        body: ReplayPlanBody,
        response: { 200: ReplayPlanView },
      },
    },
    async (request, reply) => {
      const { countWithinMs } = request.body;
      if (countWithinMs > 0 && counting >= mostCounting)
        throw controlError("CONTROL_BUSY", {
          what: `${counting} replays are counted now`,
          todo: "ask again, or with countWithinMs 0",
        });
      counting += countWithinMs > 0 ? 1 : 0;
      try {
        const options = { countWithinMs, signal: leaving(reply) };
        const plan = await planReplay(log, await services(), requested(request.body), options);
        return { ...plan, range: { ...plan.range, places: plan.range.places ?? null } };
      } finally {
        counting -= countWithinMs > 0 ? 1 : 0;
      }
    },
  );

  app.post(
    "/replays",
    {
      config: { right: "act", service: serviceInBody },
      schema: {
        tags: ["replays"],
        summary: "Asks a service to replay; it begins when the service reads it",
        body: ReplayStartBody,
        response: { 202: ReplayView },
      },
    },
    async (request, reply) => {
      const { reason, id = newIdFrom(surroundings) } = request.body;
      const before = (await all()).find((replay) => replay.id === id);
      if (before !== undefined && before.service !== request.body.service)
        throw controlError("CONTROL_REQUEST_INVALID", { what: "the id is another replay's; make a new one" });
      if (before !== undefined) return reply.status(202).send(before);
      const wanted = requested(request.body);
      const { refused } = await planReplay(log, await services(), wanted, { countWithinMs: 0 });
      if (refused.length > 0) throw controlError("CONTROL_REPLAY_REFUSED", { reasons: refused });
      if (reason.trim() === "") throw controlError("CONTROL_REQUEST_INVALID", { what: "the reason is empty" });
      const by = request.actor.name;
      await command(request, { command: "replay", commandId: id, ...wanted, by, reason, atMs: surroundings.clock.now() });
      return reply.status(202).send(await one(id));
    },
  );

  app.get(
    "/replays",
    {
      config: { right: "read", service: "each" },
      schema: { tags: ["replays"], summary: "Replays, newest first", response: { 200: ReplayListView } },
    },
    async ({ actor }) => ({ items: (await all()).filter(({ service }) => actorMay(actor, "read", service)) }),
  );

  app.get(
    "/replays/live",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["replays"],
        summary: "All replays as they go on: server-sent events, each the whole list, when it has changed",
      },
    },
    async (request, reply) => {
      await answerLive(request, reply, async function* (signal) {
        let last = "";
        while (!signal.aborted) {
          const version = await changes.version();
          const data = { items: (await watched()).filter(({ service }) => actorMay(request.actor, "read", service)) };
          const text = JSON.stringify(data);
          if (text !== last) yield { event: "replays", data };
          last = text;
          await Promise.all([changes.after(version, signal, lookAgainMs), pause(liveEveryMs, signal)]);
        }
      });
    },
  );

  app.get(
    "/replays/:id",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["replays"],
        summary: "One replay: how far it is, and how long it still takes",
        params: aReplay,
        response: { 200: ReplayView },
      },
    },
    async ({ actor, params: { id } }) => {
      const replay = await one(id);
      requireRight(actor, "read", [replay.service]);
      return replay;
    },
  );

  for (const action of ["pause", "resume", "cancel"] as const) {
    app.post(
      `/replays/:id/${action}`,
      {
        config: { right: "act", service: "each" },
        schema: {
          tags: ["replays"],
          summary: `Asks the service to ${action} a replay`,
          params: aReplay,
          body: ReplayControlBody,
          response: { 202: ReplayView },
        },
      },
      async (request, reply) => {
        const { id, service, handler, kind, state } = await one(request.params.id);
        requireRight(request.actor, "act", [service]);
        if (over.has(state)) throw controlError("CONTROL_ENDED", { what: `the replay ${id}` });
        if (action === "cancel" && kind === "rebuild")
          throw controlError("CONTROL_REPLAY_REFUSED", {
            reasons: ["a rebuild cannot be cancelled, for what it rebuilds is gone already; pause it instead"],
          });
        const { reason = null } = request.body;
        const commandId = newIdFrom(surroundings);
        const by = request.actor.name;
        const atMs = surroundings.clock.now();
        await command(request, { command: `replay-${action}`, commandId, replayId: id, service, handler, by, reason, atMs });
        return reply.status(202).send(await one(id));
      },
    );
  }
};

/** What the body asks for, with what it leaves out. */
function requested(body: ReplayRequestBody): ReplayRequest {
  const {
    service,
    handler,
    kind,
    fromMs = null,
    toMs = null,
    types = null,
    subjects = null,
    ratePerSecond = null,
    publish,
  } = body;
  const places =
    body.places?.map(({ topic, partition = null, fromOffset = null, toOffset = null }) => ({
      topic,
      partition,
      fromOffset,
      toOffset,
    })) ?? null;
  return { service, handler, kind, range: { fromMs, toMs, types, subjects, places }, ratePerSecond, publish };
}

/** Aborts when whoever asked is gone: counting may take a minute. */
function leaving(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  return gone.signal;
}

const pause = (ms: number, signal: AbortSignal): Promise<void> => wait(ms, undefined, { signal }).catch(() => undefined);
