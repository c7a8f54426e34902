import type { FastifyRequest } from "fastify";
import { controlError } from "../errors/catalogue.ts";
import type { Actor } from "./actor.ts";
import { forbidden, requireRight } from "./actor.ts";
import { type Right, servicesWith } from "./grants.ts";

/**
 * What somebody needs to use a route. `open` asks for nothing, not even a login: for the login itself, and for what holds no data.
 */
export type RouteRight = Right | "open";

/**
 * The services that a route is about: one, several, or `null` for all. `"each"`: the route looks at each by itself, with
 * `requireRight`, or leaves out what `request.actor.services` does not name.
 */
export type RouteServices = "each" | ((request: FastifyRequest) => ServicesAsked | Promise<ServicesAsked>);
type ServicesAsked = string | readonly string[] | null;

declare module "fastify" {
  interface FastifyContextConfig {
    /** Every route says what it needs; one that does not is refused when it is added. */
    right?: RouteRight;
    /** Default: all services, so who has the right on some only is refused. */
    service?: RouteServices;
    /** Other sites may send the browser here: the page, and the way back from a provider of identities. */
    takesOtherSites?: boolean;
  }
  interface FastifyRequest {
    /** Who asks. On an open route it may be `nobody`. */
    actor: Actor;
    /** Whether who asks is still somebody with these rights: a session ends, a token is removed, a right is taken back. */
    isStillLetIn(): Promise<boolean>;
  }
}

/** Who did not say who it is. */
export const nobody: Actor = { name: "unknown", kind: "nobody", role: "viewer", services: [], grants: [], credential: null };

export interface GuardedRoute {
  readonly method: string;
  readonly url: string;
  readonly right: RouteRight;
  readonly service: RouteServices | null;
}

const known: ReadonlySet<string> = new Set<RouteRight>(["open", "read", "payload", "act", "admin"]);

/** @throws ACCESS_ROUTE_WITHOUT_RIGHT */
export function guardedRoutes(route: {
  readonly method: string | readonly string[];
  readonly url: string;
  readonly config?: { readonly right?: RouteRight; readonly service?: RouteServices } | undefined;
}): GuardedRoute[] {
  const { url, config = {} } = route;
  const { right, service = null } = config;
  const methods = [route.method].flat();
  if (right === undefined || !known.has(right))
    throw controlError("ACCESS_ROUTE_WITHOUT_RIGHT", { route: `${methods.join(",")} ${url}` });
  return methods.map((method) => ({ method, url, right, service }));
}

/**
 * Before the body is read: refuses who has the right nowhere, or not everywhere where the route is about everything.
 * @throws ACCESS_LOGIN_NEEDED, ACCESS_FORBIDDEN
 */
export function requireSomewhere(actor: Actor, right: RouteRight, service: RouteServices | null): void {
  if (right === "open") return;
  if (actor.kind === "nobody") throw controlError("ACCESS_LOGIN_NEEDED", {});
  if (service === null) return requireRight(actor, right, null);
  const services = servicesWith(actor.grants, right);
  if (services !== null && services.length === 0) throw forbidden(actor, right, null);
}

/** Once the request was read: refuses who has not the right on what it is about. @throws ACCESS_FORBIDDEN */
export async function requireThere(request: FastifyRequest, right: RouteRight, service: RouteServices | null): Promise<void> {
  if (right === "open" || service === null || service === "each") return;
  const asked = await service(request);
  requireRight(request.actor, right, typeof asked === "string" ? [asked] : asked);
}
