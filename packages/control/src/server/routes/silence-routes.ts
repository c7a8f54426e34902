import Type from "typebox";
import { audited } from "../../audit/create-audit.ts";
import { controlError } from "../../errors/catalogue.ts";
import { newIdFrom } from "../../new-id.ts";
import { requireRight } from "../../access/actor.ts";
import type { ControlRoutes } from "../control-app.ts";
import { SilenceListView, SilenceView } from "../schemas/alert-schemas.ts";
import { Moment } from "../schemas/nullable.ts";

const NewSilence = Type.Object(
  {
    groups: Type.String({ minLength: 1, maxLength: 300, description: 'A group, or the beginning of names and "*".' }),
    fromMs: Type.Optional(Moment("Default: now.")),
    untilMs: Moment("When it ends."),
    reason: Type.String({ minLength: 1, maxLength: 2_000 }),
  },
  { additionalProperties: false },
);

/** Whoever wants to be told of nothing changes the rule instead. */
const longestMs = 90 * 24 * 3_600_000;

/** Times in which nobody is told. */
export const silenceRoutes: ControlRoutes = (app, { lag, surroundings, audit }) => {
  const now = (): number => surroundings.clock.now();

  app.get(
    "/silences",
    {
      config: { right: "read" },
      schema: {
        tags: ["lag"],
        summary: "Silences that last or are to come, the one that ends first before the others",
        response: { 200: SilenceListView },
      },
    },
    async () => ({ items: await lag.store.silences(now()) }),
  );

  app.post(
    "/silences",
    {
      config: { right: "act", service: ({ body }) => silencedIn((body as { groups: string }).groups) },
      schema: {
        tags: ["lag"],
        summary: "Tells nobody of incidents of these groups for a while; what is still open at its end is told then",
        body: NewSilence,
        response: { 201: SilenceView },
      },
    },
    async (request, reply) => {
      const { groups, untilMs, reason, fromMs = now() } = request.body;
      if (untilMs <= Math.max(fromMs, now()))
        throw controlError("CONTROL_REQUEST_INVALID", { what: "the silence ends before it begins, or is over already" });
      if (untilMs - now() > longestMs)
        throw controlError("CONTROL_REQUEST_INVALID", { what: "a silence ends within 90 days; change the group's rule instead" });
      if (reason.trim() === "") throw controlError("CONTROL_REQUEST_INVALID", { what: "the reason is empty" });
      const actor = request.actor;
      const silence = { id: newIdFrom(surroundings), groups, fromMs, untilMs, reason, by: actor.name };
      const intent = { action: "silence", about: groups, id: silence.id, reason } as const;
      await audited(audit, actor, intent, () => lag.store.silence(silence));
      return reply.status(201).send(silence);
    },
  );

  app.delete(
    "/silences/:id",
    {
      config: { right: "act", service: "each" },
      schema: {
        tags: ["lag"],
        summary: "Ends a silence now",
        params: Type.Object({ id: Type.String({ minLength: 1 }) }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const missing = () =>
        controlError("CONTROL_NOT_FOUND", { what: `silence "${id}"`, hint: "it may be over; /silences lists those that last" });
      const silence = (await lag.store.silences(now())).find((one) => one.id === id);
      if (silence === undefined) throw missing();
      requireRight(request.actor, "act", silencedIn(silence.groups));
      await audited(audit, request.actor, { action: "unsilence", about: silence.groups, id }, async () => {
        if (!(await lag.store.endSilence(id, now()))) throw missing();
      });
      return reply.status(204).send(null);
    },
  );
};

/** One group, or all where it is a beginning of names: nobody knows which services will be called so. */
const silencedIn = (groups: string): readonly string[] | null => (groups.includes("*") ? null : [groups]);
