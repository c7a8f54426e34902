import Type, { type Static } from "typebox";
import { List, Nullable, NullableNumber, NullableText, OneOf } from "./nullable.ts";

const services = Nullable(List(Type.String({ minLength: 1, maxLength: 128 })));

const GrantView = Type.Object(
  {
    role: OneOf("viewer", "operator", "admin"),
    services: Type.Unsafe<readonly string[] | null>({ ...services, description: "Null: everywhere." }),
    payloads: Type.Optional(Type.Boolean({ description: "Lets a viewer see the data of events." })),
  },
  { additionalProperties: false },
);
const Grants = List(GrantView);

export const aName = Type.String({ minLength: 1, maxLength: 200 });
const aPassword = Type.String({ minLength: 1, maxLength: 256 });

export const SessionView = Type.Object(
  {
    mode: Type.Unsafe<"open" | "login">({
      ...OneOf("open", "login"),
      description: "open: on loopback, where nobody needs to log in.",
    }),
    actor: Nullable(
      Type.Object({
        name: Type.String(),
        kind: OneOf("local", "user", "oidc", "token", "nobody"),
        role: OneOf("viewer", "operator", "admin"),
        services: Type.Unsafe<readonly string[] | null>({ ...services, description: "What it may see. Null: everything." }),
        grants: Grants,
      }),
    ),
    login: Type.Object({
      password: Type.Boolean(),
      oidc: Type.Boolean(),
      setup: Type.Boolean({ description: "There is nobody yet: the first admin is to be made with the token on the console." }),
    }),
    traceUrl: Type.Unsafe<string | null>({
      ...NullableText,
      description: "Where one trace is shown, with {traceId} in the place of its id; told to whoever is logged in.",
    }),
  },
  { $id: "Session", description: "Who asks, and how one logs in." },
);
export type SessionView = Static<typeof SessionView>;

export const LoginBody = Type.Object({ user: aName, password: aPassword }, { additionalProperties: false });
export const SetupBody = Type.Object(
  { token: Type.String({ minLength: 1, maxLength: 100 }), user: aName, password: aPassword },
  { additionalProperties: false },
);
export const PasswordBody = Type.Object({ current: aPassword, password: aPassword }, { additionalProperties: false });

export const SessionEntryView = Type.Object({
  id: Type.String(),
  user: Type.String(),
  kind: OneOf("user", "oidc"),
  createdAtMs: Type.Number(),
  seenAtMs: Type.Number(),
  endsAtMs: Type.Number(),
  address: Type.String(),
  agent: Type.String(),
  isThis: Type.Boolean({ description: "It is the one that asks." }),
});
export const SessionListView = Type.Object({ items: List(SessionEntryView) }, { $id: "SessionList" });

export const UserView = Type.Object(
  {
    name: Type.String(),
    grants: Grants,
    isLocked: Type.Boolean(),
    createdAtMs: Type.Number(),
    createdBy: Type.String(),
    loggedInAtMs: NullableNumber,
  },
  { $id: "User" },
);
export const UserListView = Type.Object({ items: List(UserView) }, { $id: "UserList" });
export const NewUserBody = Type.Object({ name: aName, password: aPassword, grants: Grants }, { additionalProperties: false });
export const UserEditBody = Type.Object(
  { password: Type.Optional(aPassword), grants: Type.Optional(Grants), isLocked: Type.Optional(Type.Boolean()) },
  { additionalProperties: false, minProperties: 1 },
);

export const TokenView = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    grants: Grants,
    createdBy: Type.String(),
    createdAtMs: Type.Number(),
    expiresAtMs: Type.Number(),
    usedAtMs: NullableNumber,
  },
  { $id: "Token" },
);
export const TokenListView = Type.Object({ items: List(TokenView) }, { $id: "TokenList" });
export const NewTokenBody = Type.Object(
  { name: aName, grants: Grants, expiresAtMs: Type.Number() },
  { additionalProperties: false },
);
export const MadeTokenView = Type.Object(
  { token: TokenView, secret: Type.String({ description: "Told this once, and kept nowhere." }) },
  { $id: "MadeToken" },
);
export const OidcQuery = Type.Object({ next: Type.Optional(Type.String({ maxLength: 2_000 })) });
