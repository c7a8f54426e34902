import Type from "typebox";
import { controlError } from "../../errors/catalogue.ts";
import { explainAbsence } from "../../flow/explain-absence.ts";
import { findFlows } from "../../flow/index-flows.ts";
import type { ControlRoutes } from "../control-app.ts";
import { eventsOf } from "../../flow/flow-summary.ts";
import { eventKey, flowView } from "../flow-view.ts";
import { answerLive } from "../live.ts";
import { AbsenceView, FlowListView, FlowView } from "../schemas/flow-schemas.ts";

const reading = { right: "read" } as const;

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
  const find = async (query: Parameters<typeof findFlows>[1]) =>
    findFlows(index, query, { nowMs: surroundings.clock.now(), groups: await log.groups().catch(() => []) });

  const one = async (id: string) => {
    const found = await find({ id });
    const flow = found.flows[0];
    if (flow === undefined)
      throw controlError("CONTROL_NOT_FOUND", {
        what: `flow with the correlation id or event id "${id}"`,
        hint: found.blind === null ? "search by a subject instead" : `${found.blind}, so it may come`,
      });
    return { ...found, flow };
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
    async ({ query: { id, subject, tenantId } }) => {
      if ((id === undefined) === (subject === undefined))
        throw controlError("CONTROL_REQUEST_INVALID", { what: "say id or subject, one of the two" });
      const { flows, blind } = await find(id === undefined ? { subject: subject! } : { id });
      const ofTenant = flows.filter(
        (flow) => tenantId === undefined || eventsOf(flow).some((event) => event.tenantId === tenantId),
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
    async ({ params: { id } }) => {
      const { flow, blind } = await one(id);
      return flowView(flow, blind);
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
    async ({ params: { id }, query: { wanted } }) => {
      const { flow, services } = await one(id);
      const { hop, ...absence } = explainAbsence(flow, services, wanted);
      const { service, handler } = hop?.handler ?? {};
      return { ...absence, hop: hop === null ? null : { key: eventKey(hop.event), service: service!, handler: handler! } };
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
      await one(request.params.id);
      await answerLive(request, reply, async function* (signal) {
        let last = "";
        while (!signal.aborted) {
          const version = await changes.version();
          const { flow, blind } = await one(request.params.id);
          const data = flowView(flow, blind);
          const text = JSON.stringify(data);
          if (text !== last) yield { event: "flow", data };
          last = text;
          await changes.after(version, signal, lookAgainMs);
        }
      });
    },
  );
};
