import Type from "typebox";
import { testChannel } from "../../alerts/alert.ts";
import { controlError } from "../../errors/catalogue.ts";
import { newIdFrom } from "../../new-id.ts";
import type { ControlRoutes } from "../control-app.ts";
import { ChannelListView, ChannelTrialView, DeliveryPageView } from "../schemas/alert-schemas.ts";

const DeliveriesQuery = Type.Object(
  {
    incident: Type.Optional(Type.String({ minLength: 1 })),
    channel: Type.Optional(Type.String({ minLength: 1 })),
    limit: Type.Integer({ default: 50, minimum: 1, maximum: 500 }),
    cursor: Type.Optional(Type.String({ minLength: 1, description: "Of the page before: alerts that were to be sent earlier." })),
  },
  { additionalProperties: false },
);

/** Who is told of what by which way, and what came of it. */
export const channelRoutes: ControlRoutes = (app, { lag, surroundings, audit }) => {
  app.get(
    "/channels",
    {
      config: { right: "read" },
      schema: {
        tags: ["lag"],
        summary: "Ways to tell somebody, and what came of what was sent through them",
        response: { 200: ChannelListView },
      },
    },
    async () => {
      const counted = await lag.store.deliveryCounts();
      const items = await Promise.all(
        lag.watcher.channels.map(async ({ name, kind, target = null }) => {
          const count = (state: (typeof counted)[number]["state"]): number =>
            counted.find((one) => one.channel === name && one.state === state)?.count ?? 0;
          const [last = null] = await lag.store.deliveries({ channel: name, limit: 1 });
          const counts = { waiting: count("waiting"), delivered: count("delivered"), givenUp: count("given up") };
          return { name, kind, target, counts, last };
        }),
      );
      return { items };
    },
  );

  app.post(
    "/channels/:name/test",
    {
      config: { right: "act" },
      schema: {
        tags: ["lag"],
        summary: "Sends a test through a channel, once, and says what came of it",
        params: Type.Object({ name: Type.String({ minLength: 1 }) }),
        response: { 200: ChannelTrialView },
      },
    },
    async (request) => {
      const { name } = request.params;
      const channel = lag.watcher.channels.find((one) => one.name === name);
      if (channel === undefined)
        throw controlError("CONTROL_NOT_FOUND", {
          what: `alert channel "${name}"`,
          hint: "channels stand in the configuration file; /channels lists them",
        });
      const actor = request.actor;
      const id = newIdFrom(surroundings);
      await audit(actor, { action: "test-alert", about: name, id });
      return testChannel(channel, { id, nowMs: surroundings.clock.now(), by: actor.name });
    },
  );

  app.get(
    "/deliveries",
    {
      config: { right: "read" },
      schema: {
        tags: ["lag"],
        summary: "Alerts of the last 90 days and what came of them, newest first",
        querystring: DeliveriesQuery,
        response: { 200: DeliveryPageView },
      },
    },
    async ({ query: { incident, channel, limit, cursor } }) => {
      const found = await lag.store.deliveries({
        ...(incident === undefined ? {} : { incidentId: incident }),
        ...(channel === undefined ? {} : { channel }),
        ...(cursor === undefined ? {} : { beforeId: cursor }),
        limit: limit + 1,
      });
      const items = found.slice(0, limit);
      return { items, next: found.length > limit ? items.at(-1)!.id : null };
    },
  );
};
