import Type from "typebox";
import { actorMay, requireRight } from "../../access/actor.ts";
import { controlError } from "../../errors/catalogue.ts";
import { checkEdit } from "../../redrive/edit/check-edit.ts";
import { rehearse } from "../../redrive/rehearse.ts";
import type { ControlRoutes } from "../control-app.ts";
import { goneSignal } from "../gone-signal.ts";
import { unmaskedFor } from "../payload-access.ts";
import { EditBody, EditCheckView, RehearsalBody, RehearsalView } from "../schemas/redrive-schemas.ts";

/** What would mend failed events: tried out, and nothing is asked of anybody. */
export const mendingRoutes: ControlRoutes = (app, { log, index, registry, writtenData }) => {
  app.post(
    "/failures/:id/edit-check",
    {
      config: { right: "payload", service: "each" },
      schema: {
        tags: ["failures"],
        summary: "What an edit of a failed event would change, and whether its handler would take it. Writes nothing",
        params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 200 }) }),
        body: EditBody,
        response: { 200: EditCheckView },
      },
    },
    async (request) => {
      const { id } = request.params;
      const failure = await index.failure(id);
      if (failure === null)
        throw controlError("CONTROL_NOT_FOUND", { what: `failure "${id}"`, hint: "/failures lists those there are" });
      requireRight(request.actor, "act", [failure.service]);
      // What it answers holds the payload as it is.
      unmaskedFor(request, true, failure.service);
      return (await checkEdit({ log, index, registry, writtenData }, failure, request.body)).check;
    },
  );

  app.post(
    "/rehearsals",
    {
      // By a schema of one's own one can find out what data holds.
      config: { right: "payload", service: "each" },
      schema: {
        tags: ["redrives"],
        summary: "How many of some failures would pass a candidate schema, and why the others would not. Writes nothing",
        body: RehearsalBody,
        response: { 200: RehearsalView },
      },
    },
    async ({ actor, body }, reply) =>
      rehearse(
        { log, index, writtenData },
        { ...body, maySee: (service) => actorMay(actor, "payload", service) },
        goneSignal(reply),
      ),
  );
};
