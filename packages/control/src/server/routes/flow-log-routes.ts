import Type, { type Static } from "typebox";
import { type Actor, actorMay, requireRight } from "../../access/actor.ts";
import { controlError } from "../../errors/catalogue.ts";
import type { ControlRoutes } from "../control-app.ts";
import { lineLevels } from "../../log-lines/log-line.ts";
import { findLogLines, type LogLineQuery } from "../../log-lines/log-line-query.ts";
import { servicesOfFlow } from "../../log-lines/services-of-flow.ts";
import { indexBlind } from "../index-blind.ts";
import { FlowLogsView } from "../schemas/log-line-schemas.ts";
import { OneOf } from "../schemas/nullable.ts";

const each = { right: "read", service: "each" } as const;
const aFlow = Type.Object({ id: Type.String({ minLength: 1, description: "A correlation id, or the id of an event." }) });

const LogsQuery = Type.Object(
  {
    level: Type.Optional(
      Type.Unsafe<(typeof lineLevels)[number]>({
        ...OneOf(...lineLevels),
        description: "Only lines of this level and worse ones.",
      }),
    ),
    text: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: "Stands in the message or the fields, in whatever case." }),
    ),
    event: Type.Optional(Type.String({ minLength: 1, description: "Only lines about this event, by its id." })),
    service: Type.Optional(Type.String({ minLength: 1 })),
    handler: Type.Optional(Type.String({ minLength: 1 })),
    attempt: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    limit: Type.Integer({ default: 200, minimum: 1, maximum: 1_000 }),
    cursor: Type.Optional(Type.String({ pattern: "^-?\\d{1,16}~\\d{1,16}$" })),
  },
  { additionalProperties: false },
);

/** Clocks differ, and lines of a request come before its first event. */
const aroundMs = 60_000;

/** The log lines beside a flow, of services that ship them. */
export const flowLogRoutes: ControlRoutes = (app, parts) => {
  const { index } = parts;

  async function logsOf(actor: Actor, id: string, query: Static<typeof LogsQuery>): Promise<Static<typeof FlowLogsView>> {
    if (query.service !== undefined) requireRight(actor, "read", [query.service]);
    const events = await index.findEvents({ flow: id });
    const named = events.length > 0 ? events : await index.findEvents({ id });
    const flow = events.length > 0 ? id : (named[0]?.correlationId ?? id);
    const { service, handler, attempt, level, text, event, limit, cursor } = query;
    const services = service === undefined ? actor.services : [service];
    const wanted: LogLineQuery = {
      of: event === undefined ? { flow } : { event },
      limit,
      ...(services === null ? {} : { services }),
      ...(handler === undefined ? {} : { handler }),
      ...(attempt === undefined ? {} : { attempt }),
      ...(level === undefined ? {} : { fromLevel: level }),
      ...(cursor === undefined ? {} : { cursor }),
    };
    const { lines, cursor: next } = await findLogLines(index, wanted, text);
    const blind = await indexBlind(parts);
    const shown = flow === id ? named : await index.findEvents({ flow });
    const told = servicesOfFlow(shown, lines, await index.announcements()).filter(
      (one) => actorMay(actor, "read", one.service) && (service === undefined || one.service === service),
    );
    // Who sees nothing of a flow is not told that there is one.
    const isThere =
      lines.length > 0 || (shown.length > 0 && (services === null || told.length > 0)) || (await hasLines(flow, services));
    if (!isThere)
      throw controlError("CONTROL_NOT_FOUND", {
        what: `event or log line of "${id}"`,
        hint: blind === null ? "search by a subject instead" : `${blind}, so it may come`,
      });
    const times = [...shown.map(({ timestampMs }) => timestampMs), ...lines.map(({ atMs }) => atMs)];
    const gaps = await index.logGaps({
      services: told.map((one) => one.service),
      fromMs: times.reduce((a, b) => Math.min(a, b), Number.MAX_SAFE_INTEGER) - aroundMs,
      toMs: times.reduce((a, b) => Math.max(a, b), 0) + aroundMs,
    });
    return { items: lines, next, services: told, gaps, blind };
  }

  /** A filter that leaves nothing is no flow that is not there. */
  const hasLines = async (flow: string, services: readonly string[] | null): Promise<boolean> =>
    (await index.logLines({ of: { flow }, limit: 1, ...(services === null ? {} : { services }) })).lines.length > 0;

  app.get(
    "/flows/:id/logs",
    {
      config: each,
      schema: {
        tags: ["flows"],
        summary: "Log lines of a flow or of one of its events, oldest first, of services that ship them",
        params: aFlow,
        querystring: LogsQuery,
        response: { 200: FlowLogsView },
      },
    },
    async ({ actor, params: { id }, query }) => logsOf(actor, id, query),
  );
};
