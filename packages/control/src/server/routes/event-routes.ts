import { decodeEvent } from "throughline";
import Type from "typebox";
import type { Actor } from "../../access/actor.ts";
import { controlError } from "../../errors/catalogue.ts";
import { scanRecords } from "../../events/scan-records.ts";
import { recordAt } from "../../failures/whole-failure.ts";
import { KnownContracts } from "../../payload/known-contracts.ts";
import { bytesView, headersView } from "../../payload/payload-view.ts";
import { shownPayload } from "../../payload/shown-payload.ts";
import { isEventTopic } from "../../reading/event-topics.ts";
import type { ControlRoutes } from "../control-app.ts";
import { judgedBy } from "../judged-by.ts";
import { unmaskedQuery } from "../payload-access.ts";
import { answerBytes } from "../raw-payload.ts";
import { goneSignal } from "../gone-signal.ts";
import { EventPageView, EventsQuery, WholeEventView } from "../schemas/browse-schemas.ts";
import { inTopics, topicsSeen } from "../topics-seen.ts";
import { loggedRecord, wantedEvents } from "../wanted-events.ts";

const aPlace = Type.Object({
  topic: Type.String({ minLength: 1 }),
  partition: Type.Integer({ minimum: 0 }),
  offset: Type.Integer({ minimum: 0 }),
});

/** What one answer looks through at most: a page that finds little says how far it came, and goes on from there. */
const mostRecords = 20_000;
const mostMs = 2_000;

/** Events as they stand in the log. */
export const eventRoutes: ControlRoutes = (app, parts) => {
  const { index, log, surroundings, writtenData: reader } = parts;

  app.get(
    "/events",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["events"],
        summary: "Events by topic, type, subject, tenant, source, time, or a text in their data",
        querystring: EventsQuery,
        response: { 200: EventPageView },
      },
    },
    async (request, reply) => {
      const { topic: asked = [], order, sinceMs, untilMs, limit, cursor, unmasked, ...filter } = request.query;
      const seen = await topicsSeen(parts, request.actor, asked);
      if (unmasked) seen.requirePayload();
      if (seen.topics?.length === 0) return { items: [], next: null, looked: { records: 0, reachedMs: null } };
      const contracts = KnownContracts.of(filter.text === undefined ? [] : await index.contracts());
      const wanted = inTopics(seen, wantedEvents(filter, { contracts, unmasked, reader }));
      const found = await scanRecords(
        log,
        { topics: seen.topics ?? [], order, sinceMs, untilMs, limit, cursor, wanted },
        { records: mostRecords, ms: mostMs, now: () => surroundings.clock.now(), signal: goneSignal(reply) },
      );
      return { items: found.records.map(loggedRecord), next: found.next, looked: found.looked };
    },
  );

  const one = async (actor: Actor, place: { topic: string; partition: number; offset: number }) => {
    const seen = await topicsSeen(parts, actor, [place.topic]);
    const record = isEventTopic(place.topic) ? await recordAt(log, place) : null;
    if (record === null)
      throw controlError("CONTROL_NOT_FOUND", {
        what: `event at ${place.topic}/${place.partition}/${place.offset}`,
        hint: "retention may have removed it; /events lists those there are",
      });
    return { record, seen };
  };

  app.get(
    "/events/:topic/:partition/:offset",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["events"],
        summary: "One event, whole",
        params: aPlace,
        querystring: Type.Object(unmaskedQuery, { additionalProperties: false }),
        response: { 200: WholeEventView },
      },
    },
    async (request) => {
      const { unmasked } = request.query;
      const { record, seen } = await one(request.actor, request.params);
      if (unmasked) seen.requirePayload();
      const view = loggedRecord(record);
      const { event } = view;
      const contracts = KnownContracts.of(await index.contracts());
      const personal = event === null ? null : contracts.personalPaths(event.type, event.dataVersion);
      const data = await reader.read(record);
      return {
        record: view,
        key: event === null && !unmasked ? null : bytesView(record.key),
        headers: headersView(record.headers, personal !== null || unmasked),
        traceparent: event === null ? null : decodeEvent(record).traceparent,
        payload: shownPayload(record, event, { contracts, unmasked, written: data }),
        contract: event === null ? null : judgedBy(contracts, event, record, data === null ? null : { data, reader }),
        flow: event === null ? null : (event.correlationId ?? event.id),
        problem: event === null ? whyNoEvent(record) : null,
      };
    },
  );

  app.get(
    "/events/:topic/:partition/:offset/payload",
    {
      config: { right: "payload", service: "each" },
      schema: {
        tags: ["events"],
        summary: "The untouched bytes of an event's value",
        params: aPlace,
        response: { 200: Type.Unsafe<Buffer>({ type: "string", format: "binary" }), 204: Type.Null() },
      },
    },
    async ({ actor, params }, reply) => {
      const { record, seen } = await one(actor, params);
      seen.requirePayload();
      const { topic, partition, offset } = record;
      return answerBytes(reply, record, `${topic}-${partition}-${offset}.bin`);
    },
  );
};

function whyNoEvent(record: Parameters<typeof decodeEvent>[0]): string | null {
  try {
    decodeEvent(record);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
