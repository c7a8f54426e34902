import type { FastifyRequest } from "fastify";
import Type from "typebox";
import { actorMay } from "../access/actor.ts";
import { controlError } from "../errors/catalogue.ts";
import type { ControlParts } from "./control-parts.ts";

export const unmaskedQuery = {
  unmasked: Type.Boolean({ default: false, description: "Show personal fields, too: for who may see the data of events." }),
};

/**
 * Whether whoever asks sees data as it is: they must ask for it, and have the right.
 * @throws CONTROL_PAYLOAD_FORBIDDEN
 */
export function unmaskedFor(
  parts: Pick<ControlParts, "maySeeData">,
  request: FastifyRequest,
  unmasked: boolean,
  service: string | null,
): boolean {
  if (unmasked && !maySeeData(parts, request, service)) throw controlError("CONTROL_PAYLOAD_FORBIDDEN", { service });
  return unmasked;
}

const maySeeData = ({ maySeeData: may }: Pick<ControlParts, "maySeeData">, request: FastifyRequest, service: string | null) =>
  may === undefined ? actorMay(request.actor, "payload", service) : may(request, service);
