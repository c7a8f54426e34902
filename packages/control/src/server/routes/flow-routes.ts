import Type from "typebox";
import type { Actor } from "../../access/actor.ts";
import { controlError } from "../../errors/catalogue.ts";
import { explainAbsence } from "../../flow/explain-absence.ts";
import type { ControlRoutes } from "../control-app.ts";
import { eventsOf } from "../../flow/flow-summary.ts";
import type { FlowQuery } from "../../reading/flow-events.ts";
import { eventKey, flowView } from "../flow-view.ts";
import { findSeenFlows } from "../seen-flows.ts";
import { answerLive } from "../live.ts";
import { AbsenceView, FlowListView, FlowView } from "../schemas/flow-schemas.ts";

/** What is of services that whoever asks may not see is closed, or not there. */
const reading = { right: "read", service: "each" } as const;

const FlowsQuery = Type.Object(
  {
    id: Type.Optional(Type.String({ minLength: 1, description: "A correlation id, or the id of an event." })),
    subject: Type.Optional(Type.String({ minLength: 1 })),
    tenantId: Type.Optional(
      Type.String({ description: "Only flows with an event of this tenant: subjects of several may be named alike." }),
    ),
  },
  { additionalProperties: false },
);

const aFlow = Type.Object({ id: Type.String({ minLength: 1 }) });
/** Outcomes change by time alone: what is pending becomes missing. */
const lookAgainMs = 5_000;

/** The story of an event across services. */
export const flowRoutes: ControlRoutes = (app, { index, log, changes, surroundings }) => {
  const find = (actor: Actor, query: FlowQuery) => findSeenFlows({ index, log, surroundings }, actor, query);

  const one = async (actor: Actor, id: string) => {
    const found = await find(actor, { id });
    const seen = found.flows[0];
    if (seen === undefined)
      throw controlError("CONTROL_NOT_FOUND", {
        what: `flow with the correlation id or event id "${id}"`,
        hint: found.blind === null ? "search by a subject instead" : `${found.blind}, so it may come`,
      });
    return { ...found, seen };
  };

  app.get(
    "/flows",
    {
      config: reading,
      schema: {
        tags: ["flows"],
        summary: "Flows by correlation id, event id or subject, oldest first",
        querystring: FlowsQuery,
        response: { 200: FlowListView },
      },
    },
    async ({ actor, query: { id, subject, tenantId } }) => {
      if ((id === undefined) === (subject === undefined))
        throw controlError("CONTROL_REQUEST_INVALID", { what: "say id or subject, one of the two" });
      const { flows, blind } = await find(actor, id === undefined ? { subject: subject! } : { id });
      const ofTenant = flows.filter(
        ({ flow }) => tenantId === undefined || eventsOf(flow).some((event) => event.tenantId === tenantId),
      );
      return { flows: ofTenant.map((flow) => flowView(flow, blind)), blind };
    },
  );

  app.get(
    "/flows/:id",
    {
      config: reading,
      schema: {
        tags: ["flows"],
        summary: "One flow, whole: every event with what every handler made of it",
        params: aFlow,
        response: { 200: FlowView },
      },
    },
    async ({ actor, params: { id } }) => {
      const { seen, blind } = await one(actor, id);
      return flowView(seen, blind);
    },
  );

  app.get(
    "/flows/:id/absence",
    {
      config: reading,
      schema: {
        tags: ["flows"],
        summary: "Why is there no such event in this flow?",
        params: aFlow,
        querystring: Type.Object({ wanted: Type.String({ minLength: 1, description: "A type of event, or a word of one." }) }),
        response: { 200: AbsenceView },
      },
    },
    async ({ actor, params: { id }, query: { wanted } }) => {
      const { seen, services } = await one(actor, id);
      const { hop, verdict, sentence } = explainAbsence(seen.flow, services, wanted);
      const { service, handler } = hop?.handler ?? {};
      const told = actor.services === null ? sentence : `As far as you may see: ${sentence}`;
      return {
        verdict,
        sentence: told,
        hop: hop === null ? null : { key: eventKey(hop.event), service: service!, handler: handler! },
      };
    },
  );

  app.get(
    "/flows/:id/live",
    {
      config: reading,
      schema: {
        tags: ["flows"],
        summary: "One flow as it happens: server-sent events, each the whole flow, when it has changed",
        params: aFlow,
      },
    },
    async (request, reply) => {
      const { actor } = request;
      await one(actor, request.params.id);
      await answerLive(request, reply, async function* (signal) {
        let last = "";
        while (!signal.aborted) {
          const version = await changes.version();
          const { seen, blind } = await one(actor, request.params.id);
          const data = flowView(seen, blind);
          const text = JSON.stringify(data);
          if (text !== last) yield { event: "flow", data };
          last = text;
          await changes.after(version, signal, lookAgainMs);
        }
      });
    },
  );
};
