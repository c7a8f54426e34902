import { decodeEvent } from "throughline";
import Type from "typebox";
import { controlError } from "../../errors/catalogue.ts";
import { recordAt } from "../../failures/whole-failure.ts";
import { eventsOf } from "../../flow/flow-summary.ts";
import { readOrSkip } from "../../reading/read-or-skip.ts";
import type { ControlRoutes } from "../control-app.ts";
import { eventKey } from "../flow-view.ts";
import { findSeenFlows } from "../seen-flows.ts";
import { List, NullableText } from "../schemas/nullable.ts";

const TracesView = Type.Object(
  {
    items: List(
      Type.Object({
        key: Type.String({ description: "topic/partition/offset" }),
        traceparent: Type.Union([Type.String(), Type.Null()], { description: "As its publisher wrote it (W3C Trace Context)." }),
        traceId: NullableText,
      }),
    ),
    isWhole: Type.Boolean({ description: "False where the flow has more events than are looked at." }),
  },
  { $id: "FlowTraces" },
);

/** Each is a record of the log; the index does not hold what tracing writes. */
const mostEvents = 200;
const atOnce = 8;

/** The traces beside a flow: where another tool knows more of it. */
export const flowTraceRoutes: ControlRoutes = (app, parts) => {
  const { log } = parts;
  app.get(
    "/flows/:id/traces",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["flows"],
        summary: "The trace of each event of a flow, read from the log",
        params: Type.Object({ id: Type.String({ minLength: 1, description: "Its correlation id." }) }),
        response: { 200: TracesView },
      },
    },
    async ({ actor, params: { id } }) => {
      const { flows } = await findSeenFlows(parts, actor, { id });
      const events = flows.flatMap(({ flow }) => eventsOf(flow));
      if (events.length === 0)
        throw controlError("CONTROL_NOT_FOUND", {
          what: `flow with the correlation id "${id}"`,
          hint: "/flows finds one by an event's id",
        });
      const looked = events.slice(0, mostEvents);
      const items: { key: string; traceparent: string | null; traceId: string | null }[] = [];
      for (let from = 0; from < looked.length; from += atOnce)
        items.push(
          ...(await Promise.all(
            looked.slice(from, from + atOnce).map(async (event) => {
              const record = await recordAt(log, event);
              const found = record === null ? null : readOrSkip(() => decodeEvent(record));
              const traceparent = found?.id === event.id ? found.traceparent : null;
              const traceId = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent ?? "")?.[1] ?? null;
              return { key: eventKey(event), traceparent, traceId };
            }),
          )),
        );
      return { items, isWhole: events.length <= mostEvents };
    },
  );
};
