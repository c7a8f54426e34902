import type { Socket } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Access } from "./access.ts";
import { authenticate, isStillLetIn } from "./authenticate.ts";
import { guardRequest } from "./request-guard.ts";
import { guardedRoutes, type GuardedRoute, nobody, requireSomewhere, requireThere } from "./route-rights.ts";
import { brokenRequestAnswer, headersFor, securityHeaders } from "./security-headers.ts";

/**
 * Puts every route that is added from now on under guard: security headers on every answer, requests that are not what they seem
 * refused, `request.actor` known (`request.isStillLetIn` asks again), and the right that the route names required of it. Answers with the list of the routes, which grows.
 */
export function addAccess(app: FastifyInstance, access: Access): readonly GuardedRoute[] {
  const routes: GuardedRoute[] = [];
  const headers = securityHeaders(access.isHttps);
  app.decorateRequest("actor", undefined as never);
  app.decorateRequest("isStillLetIn", undefined as never);
  app.addHook("onRoute", (route) => {
    routes.push(...guardedRoutes(route));
  });
  app.addHook("onRequest", async (request, reply) => {
    request.actor = nobody;
    reply.headers(headers);
    const { right = "open", service = null, takesOtherSites = false } = request.routeOptions.config;
    guardRequest(request, access, takesOtherSites);
    request.actor = await authenticate(request, access);
    request.isStillLetIn = () => isStillLetIn(request, access);
    requireSomewhere(request.actor, right, service);
  });
  app.addHook("preHandler", async (request) => {
    const { right = "open", service = null } = request.routeOptions.config;
    await requireThere(request, right, service);
  });
  app.addHook("onSend", async (request, reply, payload) => {
    const type = reply.getHeader("content-type");
    reply.headers(headersFor(pathOf(request), typeof type === "string" ? type : undefined));
    return payload;
  });
  return routes;
}

/** For answers that no hook sees: to a path that cannot be read. */
export const addSecurityHeaders = (reply: FastifyReply, { isHttps }: Pick<Access, "isHttps">): FastifyReply =>
  reply.headers(securityHeaders(isHttps)).header("cache-control", "no-store");

/** For what is no request at all. */
export function answerBrokenRequest(error: Error & { readonly code?: string }, socket: Socket): void {
  if (socket.writable && error.code !== "ECONNRESET") socket.write(brokenRequestAnswer(error.code === "HPE_HEADER_OVERFLOW"));
  socket.destroy(error);
}

const pathOf = ({ raw }: FastifyRequest): string => (raw.url ?? "").split("?")[0]!;
