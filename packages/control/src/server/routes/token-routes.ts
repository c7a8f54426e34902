import Type from "typebox";
import type { StoredToken } from "../../access/access-store.ts";
import type { ControlRoutes } from "../control-app.ts";
import { MadeTokenView, NewTokenBody, TokenListView } from "../schemas/access-schemas.ts";

const tags = ["access"];
const config = { right: "admin" } as const;
const bodyLimit = 64 * 1024;

/** Tokens of machines: `Authorization: Bearer <secret>`. */
export const tokenRoutes: ControlRoutes = (app, { access: { tokens } }) => {
  app.get(
    "/tokens",
    { config, schema: { tags, summary: "Tokens of machines, without their secrets", response: { 200: TokenListView } } },
    async () => ({ items: (await tokens.list()).map(shown) }),
  );

  app.post(
    "/tokens",
    {
      config,
      bodyLimit,
      schema: {
        tags,
        summary: "Makes a token; its secret is told this once",
        body: NewTokenBody,
        response: { 201: MadeTokenView },
      },
    },
    async ({ actor, body }, reply) => {
      const { token, secret } = await tokens.add(actor, body);
      return reply.status(201).send({ token: shown(token), secret });
    },
  );

  app.delete(
    "/tokens/:id",
    {
      config,
      schema: {
        tags,
        summary: "Ends a token at once",
        params: Type.Object({ id: Type.String({ minLength: 1 }) }),
        response: { 204: Type.Null() },
      },
    },
    async ({ actor, params: { id } }, reply) => {
      await tokens.remove(actor, id);
      return reply.status(204).send(null);
    },
  );
};

const shown = ({ hash: _hash, ...token }: StoredToken): Omit<StoredToken, "hash"> => token;
