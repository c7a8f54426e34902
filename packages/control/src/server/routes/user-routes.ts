import Type from "typebox";
import type { StoredUser } from "../../access/access-store.ts";
import { userNameOf } from "../../access/users.ts";
import type { ControlRoutes } from "../control-app.ts";
import { aName, NewUserBody, UserEditBody, UserListView, UserView } from "../schemas/access-schemas.ts";

const tags = ["access"];
const config = { right: "admin" } as const;
const params = Type.Object({ name: aName });
const bodyLimit = 64 * 1024;

/** The users of this control plane, those of no provider. */
export const userRoutes: ControlRoutes = (app, { access: { users } }) => {
  app.get(
    "/users",
    { config, schema: { tags, summary: "The users of this control plane", response: { 200: UserListView } } },
    async () => ({
      items: (await users.list()).map(shown),
    }),
  );

  app.post(
    "/users",
    { config, bodyLimit, schema: { tags, summary: "Adds a user", body: NewUserBody, response: { 201: UserView } } },
    async ({ actor, body }, reply) => reply.status(201).send(shown(await users.add(actor, body))),
  );

  app.patch(
    "/users/:name",
    {
      config,
      bodyLimit,
      schema: {
        tags,
        summary: "Changes what a user may do, its password, or locks it out; a new password and a lock end its sessions",
        params,
        body: UserEditBody,
        response: { 200: UserView },
      },
    },
    async ({ actor, params: { name }, body }) =>
      shown(await users.change(actor, userNameOf(name), body, actor.name === userNameOf(name) ? actor.credential : null)),
  );

  app.delete(
    "/users/:name",
    { config, schema: { tags, summary: "Removes a user, and ends its sessions", params, response: { 204: Type.Null() } } },
    async ({ actor, params: { name } }, reply) => {
      await users.remove(actor, userNameOf(name));
      return reply.status(204).send(null);
    },
  );
};

const shown = ({ passwordHash: _hash, ...user }: StoredUser): Omit<StoredUser, "passwordHash"> => user;
