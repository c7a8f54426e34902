import { describeControl } from "throughline/system-topics";
import Type from "typebox";
import { controlError } from "../../errors/catalogue.ts";
import { seenMap } from "../../map/seen-map.ts";
import { serviceMap } from "../../map/service-map.ts";
import { isServiceOf } from "../../reading/seen-event.ts";
import { failuresOfTenant } from "../../services/failures-of-tenant.ts";
import { handlersOf, summariesOf, summaryOf } from "../../services/service-list.ts";
import type { ControlRoutes } from "../control-app.ts";
import { indexBlind } from "../index-blind.ts";
import { MapView, ServiceListView, ServiceView } from "../schemas/service-schemas.ts";
import { serviceFacts } from "../service-facts.ts";

const windowed = {
  windowMs: Type.Integer({
    default: 15 * 60_000,
    minimum: 60_000,
    maximum: 86_400_000,
    description: "Over which rates are told.",
  }),
};
const Window = Type.Object(windowed, { additionalProperties: false });
const MapQuery = Type.Object(
  {
    ...windowed,
    tenantId: Type.Optional(Type.String({ description: "Only its failures count. Rates and lag are of all tenants." })),
  },
  { additionalProperties: false },
);

/** Services, what each does, and who publishes what to whom. */
export const serviceRoutes: ControlRoutes = (app, parts) => {
  const { index, surroundings } = parts;

  app.get(
    "/services",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["services"],
        summary: "Every service that announced itself",
        response: { 200: ServiceListView },
      },
    },
    async ({ actor }) => ({ items: summariesOf(await serviceFacts(parts, actor)), blind: await indexBlind(parts) }),
  );

  app.get(
    "/services/:name",
    {
      config: { right: "read", service: ({ params }) => (params as { name: string }).name },
      schema: {
        tags: ["services"],
        summary: "One service: instances, handlers, controls, outbox, answers to commands, deploys",
        params: Type.Object({ name: Type.String({ minLength: 1 }) }),
        querystring: Window,
        response: { 200: ServiceView },
      },
    },
    async ({ params: { name }, query: { windowMs } }) => {
      const facts = await serviceFacts(parts);
      const { services } = facts;
      const newest = services.newest(name);
      if (newest === null)
        throw controlError("CONTROL_NOT_FOUND", {
          what: `service "${name}"`,
          hint: "/services lists those that announced themselves",
        });
      const { service, formerNames = [], outbox } = newest;
      const traffic = await index.traffic(surroundings.clock.now() - windowMs);
      return {
        summary: summaryOf(service, facts),
        formerNames,
        running: services.instances
          .filter((each) => each.service === service)
          .map((each) => ({
            instance: each.instance,
            version: each.version,
            state: services.isSilent(each) ? ("silent" as const) : each.state,
            startedAtMs: each.startedAtMs,
            atMs: each.atMs,
          })),
        handlers: handlersOf(service, facts),
        controls: services
          .controls(service)
          .map((control) => ({ ...control, sentence: describeControl(control, control.handler) })),
        outbox: outbox === null || outbox === undefined ? null : { ...outbox, problem: outbox.problem ?? null },
        answers: newest.answers ?? [],
        deploys: (await index.versionsOf(service)).toSorted((a, b) => b.firstMs - a.firstMs),
        published: traffic
          .filter(({ source }) => isServiceOf(source, service))
          .map(({ type, topic, count }) => ({ type, topic, events: count, perSecond: count / (windowMs / 1_000) })),
        blind: await indexBlind(parts),
      };
    },
  );

  app.get(
    "/map",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["services"],
        summary: "Who publishes what to whom, how much, and how well that goes",
        querystring: MapQuery,
        response: { 200: MapView },
      },
    },
    async ({ actor, query: { windowMs, tenantId } }) => {
      const traffic = await index.traffic(surroundings.clock.now() - windowMs);
      const facts = await serviceFacts(parts);
      const failures = tenantId === undefined ? facts.failures : await failuresOfTenant(index, tenantId);
      const map = seenMap(serviceMap({ ...facts, failures }, traffic, windowMs), actor.services);
      return { windowMs, ...map, blind: await indexBlind(parts) };
    },
  );
};
