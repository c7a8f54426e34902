import Type from "typebox";
import { controlError } from "../../errors/catalogue.ts";
import { newIdFrom } from "../../new-id.ts";
import { type KnownRehearsal, rehearsalSentence, rehearsedBuild, rehearsedBuilds } from "../../redrive/rehearsed-build.ts";
import { serviceInBody, serviceInQuery } from "../asked-services.ts";
import type { ControlRoutes } from "../control-app.ts";
import { RehearsalReportBody, RehearsedBuildsView, RehearsedBuildView } from "../schemas/rehearsed-build-schemas.ts";

const mostLetters = 10_000;

const Query = Type.Object(
  {
    service: Type.String({ minLength: 1, maxLength: 1_000 }),
    group: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000, description: "Only of failures of this cause." })),
    sinceMs: Type.Optional(Type.Number()),
    limit: Type.Integer({ default: 3, minimum: 1, maximum: 50 }),
  },
  { additionalProperties: false },
);

/** What came of failures that were rehearsed in a build of their service, where that build is. They stand in the audit. */
export const rehearsedBuildRoutes: ControlRoutes = (app, { index, audit, surroundings }) => {
  app.post(
    "/rehearsed-builds",
    {
      config: { right: "act", service: serviceInBody },
      schema: {
        tags: ["redrives"],
        summary: "Tells what came of failures in a rehearsal of a build of their service: for the command line",
        body: RehearsalReportBody,
        response: { 201: RehearsedBuildView },
      },
    },
    async ({ actor, body }, reply) => {
      const { length } = body.letters;
      if (length === 0 || length > mostLetters)
        throw controlError("REHEARSAL_REPORT_INVALID", {
          what: `it tells of ${length} letters, and 1 to ${mostLetters} may be told of at once`,
        });
      const rehearsal = await rehearsedBuild(index, body);
      const handlers = new Set(body.letters.map(({ handler }) => handler));
      const [handler] = handlers;
      const id = newIdFrom(surroundings);
      await audit(actor, {
        action: "rehearse",
        service: body.service,
        handler: handlers.size === 1 && handler !== undefined ? handler : "*",
        id,
        detail: rehearsalSentence(rehearsal),
        rehearsal,
      });
      const known = { ...rehearsal, id, service: body.service, by: actor.name, atMs: surroundings.clock.now() };
      return reply.status(201).send(viewOf(known));
    },
  );

  app.get(
    "/rehearsed-builds",
    {
      config: { right: "read", service: serviceInQuery },
      schema: {
        tags: ["redrives"],
        summary: "Builds of a service in which failures were rehearsed, the newest first",
        querystring: Query,
        response: { 200: RehearsedBuildsView },
      },
    },
    async ({ query }) => ({ items: (await rehearsedBuilds(index, query)).map((known) => viewOf(known, query.group)) }),
  );
};

/** Of one cause, where one is named. */
function viewOf({ groups, total, others, ...known }: KnownRehearsal, group?: string) {
  return {
    ...known,
    counts: group === undefined ? total : groups[group]!,
    others: group === undefined ? others : others.filter((other) => other.group === group),
  };
}
