import Type from "typebox";
import { actorMay, requireRight } from "../../access/actor.ts";
import { editedValueOf } from "../../redrive/edit/edited-value.ts";
import type { RedriveJob, RedrivePlan } from "../../redrive/job.ts";
import { pause } from "../../redrive/pause.ts";
import type { Redrives } from "../../redrive/redrives.ts";
import type { ControlRoutes } from "../control-app.ts";
import { answerLive } from "../live.ts";
import {
  ConfirmBody,
  ItemPageView,
  ItemState,
  JobPageView,
  JobView,
  LeftOutPageView,
  OrderBody,
  PlanBody,
  PlanView,
} from "../schemas/redrive-schemas.ts";

const anId = Type.Object({ id: Type.String({ minLength: 1, maxLength: 200 }) });
const page = {
  limit: Type.Integer({ default: 100, minimum: 1, maximum: 1_000 }),
  cursor: Type.Optional(Type.String({ pattern: "^\\d{1,15}$" })),
};
/** Jobs change without the index. */
const lookAgainMs = 500;
const orders = ["pause", "resume", "continue", "cancel"] as const satisfies readonly (keyof Redrives)[];
const summaries = {
  pause: "Sends no more until it is resumed; what was sent is answered",
  resume: "Goes on with a job that was paused",
  continue: "Goes on with a job that stopped by itself: what failed so far stops it no more",
  cancel: "Sends no more for good; what was sent is answered",
};

const servicesOf = ({ consumers }: Pick<RedrivePlan | RedriveJob, "consumers">): string[] =>
  consumers.map(({ service }) => service);
const next = (cursor: number | null): string | null => (cursor === null ? null : String(cursor));

/** Plans of redrives and discards, and the jobs that carry them out. */
export const redriveRoutes: ControlRoutes = (app, parts) => {
  const { redrives } = parts;

  app.post(
    "/redrive-plans",
    {
      // It is kept until its time is over, so whoever may only look makes none.
      config: { right: "act", service: "each" },
      schema: {
        tags: ["redrives"],
        summary: "What a redrive or discard would do: how many, of whom, what is left out and why. Asks nobody for anything",
        body: PlanBody,
        response: { 201: PlanView },
      },
    },
    async ({ actor, body }, reply) => {
      const { payloadBase64, ...asked } = body;
      const given = payloadBase64 === undefined ? null : Buffer.from(payloadBase64, "base64");
      const editedValue = given === null ? null : await editedValueOf(parts, asked.selection, given);
      const plan = await redrives.plan({
        ...asked,
        editedValue,
        by: actor.name,
        maySee: (service) => actorMay(actor, "act", service),
      });
      return reply.status(201).send(plan);
    },
  );

  app.get(
    "/redrive-plans/:id",
    {
      config: { right: "read", service: "each" },
      schema: { tags: ["redrives"], summary: "A plan", params: anId, response: { 200: PlanView } },
    },
    async ({ actor, params: { id } }) => {
      const plan = await redrives.planOf(id);
      requireRight(actor, "read", servicesOf(plan));
      return plan;
    },
  );

  app.get(
    "/redrive-plans/:id/left-out",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["redrives"],
        summary: "What a plan leaves out, and why",
        params: anId,
        querystring: Type.Object(page, { additionalProperties: false }),
        response: { 200: LeftOutPageView },
      },
    },
    async ({ actor, params: { id }, query: { limit, cursor = "0" } }) => {
      requireRight(actor, "read", servicesOf(await redrives.planOf(id)));
      const found = await redrives.leftOut(id, { cursor: Number(cursor), limit });
      return { items: found.items, next: next(found.cursor) };
    },
  );

  app.post(
    "/redrive-plans/:id/confirm",
    {
      config: { right: "act", service: "each" },
      schema: {
        tags: ["redrives"],
        summary: "Makes a job of a plan, which begins at once. Repeated, it answers the same job",
        params: anId,
        body: ConfirmBody,
        response: { 202: JobView },
      },
    },
    async ({ actor, params: { id }, body }, reply) => {
      requireRight(actor, "act", servicesOf(await redrives.planOf(id)));
      return reply.status(202).send(await redrives.confirm(id, { ...body, by: actor.name }));
    },
  );

  app.get(
    "/jobs",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["redrives"],
        summary: "Jobs, newest first",
        querystring: Type.Object(page, { additionalProperties: false }),
        response: { 200: JobPageView },
      },
    },
    async ({ actor, query: { limit, cursor } }) => {
      const found = await redrives.jobs({ cursor: cursor === undefined ? null : Number(cursor), limit });
      const items = found.jobs.filter((job) => servicesOf(job).every((service) => actorMay(actor, "read", service)));
      return { items, next: next(found.cursor) };
    },
  );

  app.get(
    "/jobs/:id",
    {
      config: { right: "read", service: "each" },
      schema: { tags: ["redrives"], summary: "How far a job is", params: anId, response: { 200: JobView } },
    },
    async ({ actor, params: { id } }) => {
      const job = await redrives.job(id);
      requireRight(actor, "read", servicesOf(job));
      return job;
    },
  );

  app.get(
    "/jobs/:id/results",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["redrives"],
        summary: "What became of each event of a job, or is to be asked for by a plan, in order",
        params: anId,
        querystring: Type.Object({ ...page, state: Type.Optional(ItemState) }, { additionalProperties: false }),
        response: { 200: ItemPageView },
      },
    },
    async ({ actor, params: { id }, query: { limit, cursor = "0", state } }) => {
      requireRight(actor, "read", servicesOf(await redrives.planOf(id)));
      const states = state === undefined ? {} : { states: [state] };
      const found = await redrives.items(id, { cursor: Number(cursor), limit, ...states });
      return { items: found.items, next: next(found.cursor) };
    },
  );

  app.get(
    "/jobs/:id/live",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["redrives"],
        summary: "A job as it goes on: server-sent events, each the whole job, when it has changed, until it has ended",
        params: anId,
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      requireRight(request.actor, "read", servicesOf(await redrives.job(id)));
      await answerLive(request, reply, async function* (signal) {
        let last = "";
        while (!signal.aborted) {
          const data = await redrives.job(id);
          const text = JSON.stringify(data);
          if (text !== last) yield { event: "job", data };
          last = text;
          if (data.endedAtMs !== null) return;
          await pause(lookAgainMs, signal);
        }
      });
    },
  );

  for (const order of orders) {
    app.post(
      `/jobs/:id/${order}`,
      {
        config: { right: "act", service: "each" },
        schema: { tags: ["redrives"], summary: summaries[order], params: anId, body: OrderBody, response: { 200: JobView } },
      },
      async ({ actor, params: { id }, body }) => {
        requireRight(actor, "act", servicesOf(await redrives.job(id)));
        return redrives[order](id, { by: actor.name, reason: body.reason ?? null });
      },
    );
  }
};
