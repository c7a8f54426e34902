import { controlError } from "../errors/catalogue.ts";
import { type Grant, grantsAllow, highestRole, type Right, type Role, servicesWith } from "./grants.ts";

/** Who asks: a person on this machine, one who logged in, or a machine with a token. */
export interface Actor {
  /** As the audit has it. */
  readonly name: string;
  readonly kind: "local" | "user" | "oidc" | "token" | "nobody";
  /** The highest that it has anywhere. */
  readonly role: Role;
  /** Whose doings it may see; null is everyone's. */
  readonly services: readonly string[] | null;
  readonly grants: readonly Grant[];
  /** The session or token that it came with; null where none was asked for. */
  readonly credential: string | null;
}

export function actorOf(part: Pick<Actor, "name" | "kind" | "grants" | "credential">): Actor | null {
  const role = highestRole(part.grants);
  return role === null ? null : { ...part, role, services: servicesWith(part.grants, "read") };
}

/** Whoever sits at this machine may do everything on it; that is what "loopback without login" means. */
export const localActor: Actor = {
  name: "local",
  kind: "local",
  role: "admin",
  services: null,
  grants: [{ role: "admin", services: null }],
  credential: null,
};

/** Whether somebody has a right on a service; on everything, where none is named. */
export const actorMay = (actor: Actor, right: Right, service: string | null = null): boolean =>
  grantsAllow(actor.grants, right, service);

/**
 * For routes whose services are known only once they looked: refuses who has not the right on each of them.
 * @throws ACCESS_FORBIDDEN
 */
export function requireRight(actor: Actor, right: Right, services: Iterable<string> | null): void {
  if (services === null ? actorMay(actor, right) : [...services].every((service) => actorMay(actor, right, service))) return;
  const missing = services === null ? null : [...services].find((service) => !actorMay(actor, right, service))!;
  throw forbidden(actor, right, missing);
}

const verbs: Readonly<Record<Right, string>> = {
  read: "see",
  payload: "see the data of events of",
  act: "act on",
  admin: "decide about access to",
};

export function forbidden(actor: Actor, right: Right, service: string | null): Error {
  const where = servicesWith(actor.grants, right);
  const limits = where === null || where.length === 0 ? "" : ` (it may, on ${where.join(", ")})`;
  return controlError("ACCESS_FORBIDDEN", {
    who: actor.name,
    what: `${verbs[right]} ${service ?? "everything"}${limits}`,
    right,
  });
}
