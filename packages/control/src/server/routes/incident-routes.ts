import Type from "typebox";
import { audited } from "../../audit/create-audit.ts";
import { controlError } from "../../errors/catalogue.ts";
import { actorMay, requireRight } from "../../access/actor.ts";
import { groupInQuery } from "../asked-services.ts";
import type { ControlRoutes } from "../control-app.ts";
import { lagView } from "../lag-view.ts";
import { answerLive } from "../live.ts";
import { IncidentWithDeliveries, type LiveLagView } from "../schemas/alert-schemas.ts";
import { IncidentPageView, IncidentView } from "../schemas/lag-schemas.ts";
import { sharedFor } from "../shared-for.ts";
import { laterSample } from "../later-sample.ts";

const anIncident = Type.Object({ id: Type.String({ minLength: 1 }) });

const IncidentsQuery = Type.Object(
  {
    group: Type.Optional(Type.String()),
    open: Type.Optional(Type.Boolean()),
    limit: Type.Integer({ default: 50, minimum: 1, maximum: 500 }),
    cursor: Type.Optional(Type.String({ minLength: 1, description: "Of the page before: incidents that began earlier." })),
  },
  { additionalProperties: false },
);

const Acknowledging = Type.Object(
  { note: Type.Optional(Type.String({ maxLength: 2_000, description: "What the others should know." })) },
  { additionalProperties: false },
);

const deliveriesShown = 200;
/** Somebody may acknowledge or silence between two samples. */
const lookAgainMs = 1_000;

/** Times that groups were too far behind or that events failed for good, and whose they are. */
export const incidentRoutes: ControlRoutes = (app, { index, lag, surroundings, audit }) => {
  const one = async (id: string) => {
    const [incident] = await lag.store.incidents({ id, limit: 1 });
    if (incident === undefined)
      throw controlError("CONTROL_NOT_FOUND", {
        what: `incident "${id}"`,
        hint: "those that ended are kept for 90 days; /incidents lists them",
      });
    return incident;
  };

  /** What is watched live, for all who watch. */
  const watched = sharedFor(lookAgainMs / 2, async () => ({
    announcements: await index.announcements(),
    incidents: await lag.store.incidents({ isOpen: true, limit: 500 }),
    silences: await lag.store.silences(surroundings.clock.now()),
  }));

  app.get(
    "/incidents",
    {
      config: { right: "read", service: groupInQuery },
      schema: {
        tags: ["lag"],
        summary: "Times that groups were too far behind or that events failed for good, newest first",
        querystring: IncidentsQuery,
        response: { 200: IncidentPageView },
      },
    },
    async ({ query: { group, open, limit, cursor } }) => {
      const found = await lag.store.incidents({
        ...(group === undefined ? {} : { group }),
        ...(open === undefined ? {} : { isOpen: open }),
        ...(cursor === undefined ? {} : { beforeId: cursor }),
        limit: limit + 1,
      });
      const items = found.slice(0, limit);
      return { items, next: found.length > limit ? items.at(-1)!.id : null };
    },
  );

  app.get(
    "/incidents/:id",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["lag"],
        summary: "One incident, and who was told of it",
        params: anIncident,
        response: { 200: IncidentWithDeliveries },
      },
    },
    async ({ actor, params: { id } }) => {
      const incident = await one(id);
      requireRight(actor, "read", [incident.group]);
      return { incident, deliveries: await lag.store.deliveries({ incidentId: id, limit: deliveriesShown }) };
    },
  );

  app.post(
    "/incidents/:id/acknowledge",
    {
      config: { right: "act", service: "each" },
      schema: {
        tags: ["lag"],
        summary: 'Says "mine": nobody else is told of this incident as it goes on',
        params: anIncident,
        body: Acknowledging,
        response: { 200: IncidentView },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { note = null } = request.body;
      const actor = request.actor;
      const incident = await one(id);
      requireRight(request.actor, "act", [incident.group]);
      const acknowledgement = { by: actor.name, note, atMs: surroundings.clock.now() };
      const ended = () => controlError("CONTROL_ENDED", { what: `the incident of ${incident.group}` });
      if (incident.endedAtMs !== null) throw ended();
      await audited(audit, actor, { action: "acknowledge", about: incident.group, id, reason: note }, async () => {
        if (!(await lag.store.acknowledge(id, acknowledgement))) throw ended();
      });
      return { ...incident, acknowledgement };
    },
  );

  app.get(
    "/incidents/live",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["lag"],
        summary:
          "Lag, open incidents and silences as they are: server-sent events, each with all of it, after every sample and when one changed",
      },
    },
    async (request, reply) => {
      const isShown = (group: string): boolean => actorMay(request.actor, "read", group);
      await answerLive(request, reply, async function* (signal) {
        let last = "";
        while (!signal.aborted) {
          const sampled = laterSample(lag.watcher, signal, lookAgainMs);
          const { announcements, incidents, silences } = await watched();
          const data: LiveLagView = {
            lag: lagView(lag.watcher, announcements, surroundings.clock.now(), isShown),
            incidents: incidents.filter(({ group }) => isShown(group)),
            silences,
          };
          const text = JSON.stringify(data);
          if (text !== last) yield { event: "lag", data };
          last = text;
          await sampled;
        }
      });
    },
  );
};
