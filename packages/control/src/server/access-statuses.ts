import type { accessErrors } from "../errors/access-errors.ts";

/** HTTP statuses of the errors of access; those that a request cannot cause have none. */
export const accessStatuses: Readonly<Partial<Record<keyof typeof accessErrors, number>>> = {
  ACCESS_LOGIN_NEEDED: 401,
  ACCESS_WRONG: 401,
  ACCESS_TOO_MANY_ATTEMPTS: 429,
  ACCESS_BUSY: 503,
  ACCESS_SETUP_OVER: 403,
  ACCESS_FORBIDDEN: 403,
  ACCESS_NO_GRANT: 403,
  ACCESS_OIDC_REFUSED: 401,
  ACCESS_OIDC_UNREACHABLE: 503,
  ACCESS_INVALID: 422,
  ACCESS_EXISTS: 409,
  ACCESS_LAST_ADMIN: 409,
  ACCESS_PATH_REFUSED: 400,
  ACCESS_HOST_REFUSED: 421,
  ACCESS_PROXY_REFUSED: 403,
  ACCESS_ORIGIN_REFUSED: 403,
  ACCESS_CSRF: 403,
};
