import Type from "typebox";
import { controlError } from "../../errors/catalogue.ts";
import { ShownPerSecond } from "../../events/left-out.ts";
import { KnownContracts } from "../../payload/known-contracts.ts";
import { tailWithLooks } from "../../reading/tail.ts";
import type { ControlRoutes } from "../control-app.ts";
import { answerLive, type LiveEvent } from "../live.ts";
import { unmaskedQuery } from "../payload-access.ts";
import { EventFilterQuery } from "../schemas/browse-schemas.ts";
import { inTopics, topicsSeen } from "../topics-seen.ts";
import { loggedRecord, wantedEvents } from "../wanted-events.ts";

const TailQuery = Type.Object(
  {
    ...EventFilterQuery,
    ...unmaskedQuery,
    perSecond: Type.Integer({ default: 20, minimum: 1, maximum: 200, description: "What is more is counted, not shown." }),
  },
  { additionalProperties: false },
);

/** Each reads the log by itself. */
const mostTails = 20;
const pollMs = 250;

/** Events as they come. */
export const eventTailRoutes: ControlRoutes = (app, parts) => {
  const { index, log, surroundings, writtenData: reader } = parts;
  let tails = 0;

  app.get(
    "/events/live",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["events"],
        summary: "Events as they come: server-sent events `event`, and `left-out` with how many more came than are shown",
        querystring: TailQuery,
      },
    },
    async (request, reply) => {
      const { topic: asked = [], perSecond, unmasked, ...filter } = request.query;
      const seen = await topicsSeen(parts, request.actor, asked);
      if (unmasked) seen.requirePayload();
      const contracts = KnownContracts.of(filter.text === undefined ? [] : await index.contracts());
      const wanted = inTopics(seen, wantedEvents(filter, { contracts, unmasked, reader }));
      if (tails >= mostTails) throw controlError("CONTROL_BUSY", { what: `${tails} live tails are open`, todo: "close one" });
      tails += 1;
      try {
        await answerLive(request, reply, async function* (signal): AsyncGenerator<LiveEvent> {
          const shown = new ShownPerSecond(perSecond, () => surroundings.clock.now());
          let isOpen = false;
          for await (const record of tailWithLooks(log, {
            topics: seen.topics ?? [],
            start: { at: "latest" },
            follow: true,
            pollMs,
            signal,
          })) {
            // Once it knows where the log ends: what comes from now on is shown.
            if (!isOpen) yield { event: "open", data: {} };
            isOpen = true;
            const leftOut = shown.takeLeftOut();
            if (leftOut > 0) yield { event: "left-out", data: { count: leftOut } };
            if (record !== null && (await wanted(record)) && shown.take()) yield { event: "event", data: loggedRecord(record) };
          }
        });
      } finally {
        tails -= 1;
      }
    },
  );
};
