import type { FastifyReply, FastifyRequest } from "fastify";
import { isThroughlineError } from "throughline";
import { cookieIn, cookieName, setCookie } from "../../access/cookies.ts";
import { pendingMs } from "../../access/oidc/oidc-login.ts";
import { controlError } from "../../errors/catalogue.ts";
import type { ControlRoutes } from "../control-app.ts";
import { OidcQuery } from "../schemas/access-schemas.ts";
import { giveSession, visitorOf } from "./session-routes.ts";

const tags = ["access"];
const pendingCookie = "throughline-login";
const sameSite = "Lax";
/** The browser comes from the provider, or from a link somewhere. */
const config = { right: "open", takesOtherSites: true } as const;

/** Logging in at a provider of identities: there, and back. */
export const oidcRoutes: ControlRoutes = (app, { access }) => {
  const { isHttps, sessions, audit } = access;
  const needed = () => {
    if (access.oidc !== null) return access.oidc;
    throw controlError("CONTROL_NOT_FOUND", {
      what: "provider of identities",
      hint: "it is named when the control plane is started",
    });
  };

  app.get(
    "/session/oidc",
    { config, schema: { tags, summary: "Sends the browser to the provider of identities", querystring: OidcQuery } },
    (request, reply) =>
      orToLogin(request, reply, async () => {
        const { url, pending } = await needed().begin(request.query.next);
        const cookie = setCookie(pendingCookie, pending, { maxAgeS: pendingMs / 1000, isHttps, sameSite });
        return { url, cookies: [cookie] };
      }),
  );

  app.get(
    "/session/oidc/callback",
    { config, schema: { tags, summary: "Where the provider sends the browser back to" } },
    (request, reply) => {
      const pending = cookieIn(request.headers.cookie, cookieName(pendingCookie, isHttps)) ?? "";
      // Whatever comes of it, it counts once.
      reply.header("set-cookie", setCookie(pendingCookie, "", { maxAgeS: 0, isHttps, sameSite }));
      return orToLogin(request, reply, async () => {
        const { user, subject, grants, next } = await needed().finish(request.raw.url!, pending);
        const visitor = visitorOf(request);
        const begun = await sessions.begin({ user, grants, ...visitor });
        const detail = `from ${visitor.address}, sub ${subject}`;
        await audit({ name: user }, { action: "login", about: user, id: access.newId(), detail }).catch(access.onUnwritten);
        await giveSession(request, reply, access, begun);
        return { url: next, cookies: [] };
      });
    },
  );
};

/** A person looks at what comes of this, not a program: the page says what an error's code means. */
async function orToLogin(
  request: FastifyRequest,
  reply: FastifyReply,
  work: () => Promise<{ readonly url: string; readonly cookies: readonly string[] }>,
): Promise<FastifyReply> {
  let url: string;
  try {
    const done = await work();
    for (const cookie of done.cookies) reply.header("set-cookie", cookie);
    ({ url } = done);
  } catch (error) {
    if (!isThroughlineError(error)) throw error;
    request.log.warn({ code: error.code }, error.message);
    url = `/login?problem=${error.code}`;
  }
  return reply.redirect(url, 302);
}
