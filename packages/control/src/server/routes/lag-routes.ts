import Type from "typebox";
import { controlError } from "../../errors/catalogue.ts";
import { ServicesSeen } from "../../reading/services-seen.ts";
import type { ControlRoutes } from "../control-app.ts";
import { GroupLagView, HistoryView, IncidentPageView, LagView } from "../schemas/lag-schemas.ts";

const aGroup = Type.Object({ group: Type.String({ minLength: 1 }) });

const HistoryQuery = Type.Object(
  { fromMs: Type.Optional(Type.Number()), toMs: Type.Optional(Type.Number()) },
  { additionalProperties: false },
);

const IncidentsQuery = Type.Object(
  {
    group: Type.Optional(Type.String()),
    open: Type.Optional(Type.Boolean()),
    limit: Type.Integer({ default: 50, minimum: 1, maximum: 500 }),
    cursor: Type.Optional(Type.Number({ description: "Of the page before: incidents that began earlier." })),
  },
  { additionalProperties: false },
);

const hourMs = 3_600_000;

/** How far every group on the log is behind, and what was told of it. */
export const lagRoutes: ControlRoutes = (app, { index, lag, surroundings }) => {
  app.get(
    "/lag",
    {
      schema: {
        tags: ["lag"],
        summary: "Every consumer group on the log, the furthest behind first",
        response: { 200: LagView },
      },
    },
    async () => {
      const { report, sampledAtMs, problem } = lag.watcher;
      return {
        sampledAtMs,
        problem,
        groups: report?.groups ?? [],
        handlers: handlersByThemselves(new ServicesSeen(await index.announcements(), surroundings.clock.now())),
      };
    },
  );

  app.get(
    "/lag/:group",
    { schema: { tags: ["lag"], summary: "One group, by partition", params: aGroup, response: { 200: GroupLagView } } },
    async ({ params: { group } }) => {
      const found = lag.watcher.report?.groups.find((one) => one.group === group);
      if (found === undefined)
        throw controlError("CONTROL_NOT_FOUND", {
          what: `consumer group "${group}" on the log`,
          hint: "/lag lists those there are",
        });
      return found;
    },
  );

  app.get(
    "/lag/:group/history",
    {
      schema: {
        tags: ["lag"],
        summary: "How far a group was behind, a point a minute; it stayed so until the next point",
        params: aGroup,
        querystring: HistoryQuery,
        response: { 200: HistoryView },
      },
    },
    async ({ params: { group }, query }) => {
      const toMs = query.toMs ?? surroundings.clock.now();
      const fromMs = query.fromMs ?? toMs - 6 * hourMs;
      return { points: await lag.store.history({ group, fromMs, toMs }) };
    },
  );

  app.get(
    "/incidents",
    {
      schema: {
        tags: ["lag"],
        summary: "Times that groups were too far behind, newest first",
        querystring: IncidentsQuery,
        response: { 200: IncidentPageView },
      },
    },
    async ({ query: { group, open, limit, cursor } }) => {
      const found = await lag.store.incidents({
        ...(group === undefined ? {} : { group }),
        ...(open === undefined ? {} : { isOpen: open }),
        ...(cursor === undefined ? {} : { beforeMs: cursor }),
        limit: limit + 1,
      });
      const items = found.slice(0, limit);
      return { items, next: found.length > limit ? String(items.at(-1)!.openedAtMs) : null };
    },
  );
};

/** Handlers that are not live, by the newest word of each service. */
const handlersByThemselves = (services: ServicesSeen) =>
  services.names().flatMap((service) =>
    services
      .handlers(service)
      .filter(({ state }) => state !== "live")
      .map(({ name, state, behind, problem }) => ({ service, handler: name, state, behind, problem })),
  );
