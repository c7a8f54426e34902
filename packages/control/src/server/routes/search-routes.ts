import Type from "typebox";
import { actorMay } from "../../access/actor.ts";
import { whyBlind } from "../../flow/index-flows.ts";
import { ServicesSeen } from "../../reading/services-seen.ts";
import { search } from "../../search/search.ts";
import type { ControlRoutes } from "../control-app.ts";
import { List, NullableText, OneOf } from "../schemas/nullable.ts";

const kinds = [
  "failure",
  "failure-group",
  "event",
  "flow",
  "subject",
  "type",
  "service",
  "handler",
  "group",
  "topic",
  "tenant",
] as const;

const SearchQuery = Type.Object(
  {
    q: Type.String({ minLength: 1, maxLength: 500 }),
    tenantId: Type.Optional(
      Type.String({ description: "Only events and failures of it; services, types and topics are nobody's." }),
    ),
  },
  { additionalProperties: false },
);

const SearchView = Type.Object(
  {
    hits: List(
      Type.Object({
        kind: OneOf(...kinds),
        id: Type.String({ description: "What the API knows it by." }),
        title: Type.String(),
        detail: NullableText,
        isExact: Type.Boolean(),
        service: NullableText,
      }),
    ),
    blind: NullableText,
  },
  { $id: "Search" },
);

/** One box for everything. */
export const searchRoutes: ControlRoutes = (app, { index, lag, surroundings }) => {
  app.get(
    "/search",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["search"],
        summary: "Whatever a text may mean: an id, a subject, a type, a service, a group, an error",
        querystring: SearchQuery,
        response: { 200: SearchView },
      },
    },
    async ({ actor, query: { q, tenantId } }) => {
      const nowMs = surroundings.clock.now();
      const text = q.trim();
      const blind = whyBlind(
        (await index.positions()).filter(({ isGone }) => !isGone),
        nowMs,
      );
      if (text === "") return { hits: [], blind };
      const services = new ServicesSeen(await index.announcements(), nowMs);
      const groups = lag.watcher.report?.groups.map(({ group }) => group) ?? [];
      // What is of no single service is for who may see all of them.
      const hits = await search({ index, services, groups, tenantId }, text);
      return { hits: hits.filter(({ service }) => actorMay(actor, "read", service)), blind };
    },
  );
};
