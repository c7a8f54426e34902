import { setTimeout as delay } from "node:timers/promises";
import Type from "typebox";
import { requireRight } from "../../access/actor.ts";
import { audited } from "../../audit/create-audit.ts";
import { controlError } from "../../errors/catalogue.ts";
import { incidentsOf, markOf } from "../../overview/overview.ts";
import type { ControlRoutes } from "../control-app.ts";
import { answerLive } from "../live.ts";
import { overviewNow } from "../overview-now.ts";
import { OverviewView, ProblemView } from "../schemas/overview-schemas.ts";

const OverviewQuery = Type.Object(
  { tenantId: Type.Optional(Type.String({ description: "Only what this tenant is hurt by." })) },
  { additionalProperties: false },
);

const Acknowledging = Type.Object(
  { note: Type.Optional(Type.String({ maxLength: 2_000, description: "What the others should know." })) },
  { additionalProperties: false },
);

/** Silence and lag change by time alone. */
const lookAgainMs = 5_000;
/** Each time all of it is looked at: more often than people read it helps nobody. */
const leastMs = 1_000;

/** What is broken, who is hurt, what changed, what is safe to do, what is normal. */
export const overviewRoutes: ControlRoutes = (app, parts) => {
  const { lag, changes, surroundings, audit } = parts;

  app.get(
    "/overview",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["overview"],
        summary: "What is broken, who is hurt, what changed, what is safe to do, what is normal",
        querystring: OverviewQuery,
        response: { 200: OverviewView },
      },
    },
    async ({ actor, query: { tenantId } }) => overviewNow(parts, actor, tenantId),
  );

  app.get(
    "/overview/live",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["overview"],
        summary: "The overview as it changes: server-sent events, each with all of it",
        querystring: OverviewQuery,
      },
    },
    async (request, reply) => {
      const { tenantId } = request.query;
      await answerLive(request, reply, async function* (signal) {
        let last = "";
        while (!signal.aborted) {
          const version = await changes.version();
          const data = await overviewNow(parts, request.actor, tenantId);
          const text = JSON.stringify({ ...data, atMs: 0 });
          if (text !== last) yield { event: "overview", data };
          last = text;
          await delay(leastMs, undefined, { signal }).catch(() => undefined);
          await changes.after(version, signal, lookAgainMs);
        }
      });
    },
  );

  app.post(
    "/overview/problems/:id/acknowledgement",
    {
      config: { right: "act", service: "each" },
      schema: {
        tags: ["overview"],
        summary: "Mine: somebody looks after a problem, and says so to the others",
        params: Type.Object({ id: Type.String({ minLength: 1 }) }),
        body: Acknowledging,
        response: { 200: ProblemView },
      },
    },
    async (request) => {
      const { note = null } = request.body;
      const { actor } = request;
      const problem = (await overviewNow(parts, actor)).broken.find(({ id }) => id === request.params.id);
      if (problem === undefined)
        throw controlError("CONTROL_NOT_FOUND", {
          what: `open problem "${request.params.id}"`,
          hint: "it may have ended; /overview lists those there are",
        });
      requireRight(actor, "act", problem.service === null ? null : [problem.service]);
      const acknowledged = { by: actor.name, note, atMs: surroundings.clock.now() };
      const about = problem.service ?? problem.id;
      await audited(audit, actor, { action: "acknowledge", about, id: markOf(problem), reason: note }, async () => {
        const open = await lag.store.incidents({ isOpen: true, limit: -1 });
        for (const { id } of incidentsOf(problem, open)) await lag.store.acknowledge(id, acknowledged);
      });
      return { ...problem, acknowledged };
    },
  );
};
