import type { FastifyRequest } from "fastify";
import Type from "typebox";
import { requireRight } from "../access/actor.ts";

export const unmaskedQuery = {
  unmasked: Type.Boolean({ default: false, description: "Show personal fields, too: for who may see the data of events." }),
};

/**
 * Whether whoever asks sees data as it is: they must ask for it, and have the right (R15).
 * @param service Whose events; null is everyone's.
 * @throws ACCESS_FORBIDDEN
 */
export function unmaskedFor({ actor }: FastifyRequest, unmasked: boolean, service: string | null): boolean {
  if (unmasked) requireRight(actor, "payload", service === null ? null : [service]);
  return unmasked;
}
