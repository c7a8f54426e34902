import type { FastifyReply, FastifyRequest } from "fastify";
import Type from "typebox";
import type { Access } from "../../access/access.ts";
import type { Actor } from "../../access/actor.ts";
import { sessionCookie } from "../../access/authenticate.ts";
import { setCookie } from "../../access/cookies.ts";
import type { Begun, Visitor } from "../../access/login.ts";
import { controlError } from "../../errors/catalogue.ts";
import type { ControlRoutes } from "../control-app.ts";
import { LoginBody, PasswordBody, SessionListView, SessionView, SetupBody } from "../schemas/access-schemas.ts";

const tags = ["access"];
const open = { right: "open" } as const;
/** Whoever is logged in, whatever it may see. */
const anybody = { right: "read", service: "each" } as const;
const bodyLimit = 16 * 1024;
const longestCookieS = 30 * 24 * 60 * 60;

/** Logging in and out. */
export const sessionRoutes: ControlRoutes = (app, { access, traceUrl = null }) => {
  const { login, sessions, users, store } = access;

  app.get(
    "/session",
    { config: open, schema: { tags, summary: "Who asks, and how one logs in", response: { 200: SessionView } } },
    async (request) => sessionView(request, access, traceUrl),
  );

  app.post(
    "/session",
    {
      config: open,
      bodyLimit,
      schema: { tags, summary: "Logs in with a password", body: LoginBody, response: { 200: SessionView } },
    },
    async (request, reply) => {
      const { user, password } = request.body;
      const actor = await entered(request, reply, access, await login.withPassword(user, password, visitorOf(request)));
      return sessionView({ actor }, access, traceUrl);
    },
  );

  app.post(
    "/session/setup",
    {
      config: open,
      bodyLimit,
      schema: {
        tags,
        summary: "Makes the first admin, with the token that stands on the console of the control plane",
        body: SetupBody,
        response: { 200: SessionView },
      },
    },
    async (request, reply) => {
      const { token, user, password } = request.body;
      const actor = await entered(request, reply, access, await login.setUp(token, { name: user, password }, visitorOf(request)));
      return sessionView({ actor }, access, traceUrl);
    },
  );

  app.delete(
    "/session",
    { config: open, schema: { tags, summary: "Logs out", response: { 204: Type.Null() } } },
    async (request, reply) => {
      const { actor } = request;
      if (actor.kind === "user" || actor.kind === "oidc") {
        await sessions.end(actor.credential!);
        await access.audit(actor, { action: "logout", about: actor.name, id: access.newId() }).catch(access.onUnwritten);
      }
      return leave(reply, access);
    },
  );

  app.post(
    "/session/password",
    {
      config: anybody,
      bodyLimit,
      schema: {
        tags,
        summary: "Changes one's own password; every other session of one's own ends",
        body: PasswordBody,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { actor, body } = request;
      if (actor.kind !== "user")
        throw controlError("CONTROL_REQUEST_INVALID", { what: `${actor.name} has no password here that could be changed` });
      await login.confirm(actor.name, body.current, visitorOf(request));
      await users.change(actor, actor.name, { password: body.password }, actor.credential);
      return reply.status(204).send(null);
    },
  );

  app.get(
    "/sessions",
    {
      config: anybody,
      schema: {
        tags,
        summary: "Sessions that are open: one's own, and to an admin everybody's",
        response: { 200: SessionListView },
      },
    },
    async ({ actor }) => {
      const found = (await sessions.list()).filter(({ user }) => actor.role === "admin" || user === actor.name);
      return {
        items: found.map(({ hash: _hash, grants, ...session }) => ({
          ...session,
          kind: grants === null ? ("user" as const) : ("oidc" as const),
          isThis: session.id === actor.credential,
        })),
      };
    },
  );

  app.delete(
    "/sessions/:id",
    {
      config: anybody,
      schema: {
        tags,
        summary: "Ends a session: one's own, or as an admin anybody's",
        params: Type.Object({ id: Type.String({ minLength: 1 }) }),
        response: { 204: Type.Null() },
      },
    },
    async ({ actor, params: { id } }, reply) => {
      const session = (await store.sessions(access.now())).find((one) => one.id === id);
      // To others it is as if it was not there.
      if (session === undefined || (actor.role !== "admin" && session.user !== actor.name))
        throw controlError("CONTROL_NOT_FOUND", { what: `session "${id}"`, hint: "/sessions lists those there are" });
      await access.audit(actor, {
        action: "end-session",
        about: session.user,
        id: access.newId(),
        detail: `from ${session.address}`,
      });
      await sessions.end(id);
      return reply.status(204).send(null);
    },
  );
};

export const visitorOf = ({ ip, headers }: FastifyRequest): Visitor => ({ address: ip, agent: headers["user-agent"] ?? "" });

export async function sessionView(
  { actor }: Pick<FastifyRequest, "actor">,
  { mode, login, oidc }: Access,
  traceUrl: string | null,
): Promise<SessionView> {
  const { name, kind, role, services, grants } = actor;
  return {
    mode,
    actor: kind === "nobody" ? null : { name, kind, role, services, grants },
    traceUrl: kind === "nobody" ? null : traceUrl,
    login: { password: mode === "login", oidc: oidc !== null, setup: mode === "login" && (await login.isSetupOpen()) },
  };
}

/** Gives the browser its new session, and ends the one that it came with: nobody goes on with a session that was there before. */
async function entered(request: FastifyRequest, reply: FastifyReply, access: Access, begun: Begun): Promise<Actor> {
  await giveSession(request, reply, access, begun);
  return (await access.sessions.actor(begun.secret))!;
}

export async function giveSession(
  request: FastifyRequest,
  reply: FastifyReply,
  access: Access,
  { secret }: Begun,
): Promise<void> {
  const { kind, credential } = request.actor;
  if (kind === "user" || kind === "oidc") await access.sessions.end(credential!);
  void reply.header(
    "set-cookie",
    setCookie(sessionCookie, secret, { maxAgeS: longestCookieS, isHttps: access.isHttps, sameSite: "Strict" }),
  );
}

const leave = (reply: FastifyReply, { isHttps }: Access): FastifyReply =>
  reply
    .header("set-cookie", setCookie(sessionCookie, "", { maxAgeS: 0, isHttps, sameSite: "Strict" }))
    .header("clear-site-data", '"cache", "storage"')
    .status(204)
    .send(null);
