export { type Access, type AccessOptions, createAccess } from "./access.ts";
export type { AccessStore } from "./access-store.ts";
export { type Actor, actorMay, requireRight } from "./actor.ts";
export { type Grant, parseGrant, type Right, type Role } from "./grants.ts";
export type { GroupGrant, OidcOptions } from "./oidc/oidc-options.ts";
export { passwordCost, type PasswordCost } from "./passwords.ts";
export type { GuardedRoute, RouteRight, RouteServices } from "./route-rights.ts";
export { openPostgresAccessStore } from "./postgres/postgres-access-store.ts";
export { openSqliteAccessStore } from "./sqlite-access-store.ts";
