/** Of logging in, rights, and requests that are not what they seem. */
export const accessErrors = {
  CONTROL_LOGIN_NEEDED: {
    retryable: false,
    message: (d: { where: string }) =>
      `the control plane does not let everybody in at ${d.where}: whoever reaches it could discard events. Let people log in (--login, or --oidc-issuer), or listen at 127.0.0.1`,
  },
  CONTROL_PUBLIC_URL_NEEDED: {
    retryable: false,
    message: (d: { host: string }) =>
      `for ${d.host} the control plane must know where people reach it; pass --public-url https://throughline.example.com`,
  },
  CONTROL_PUBLIC_URL_INVALID: {
    retryable: false,
    message: (d: { given: string }) =>
      `"${d.given}" is no address of a page; say scheme, host and port alone, such as https://throughline.example.com`,
  },
  CONTROL_PROXY_INVALID: {
    retryable: false,
    message: (d: { given: string; why: string }) =>
      `--trust-proxy does not take "${d.given}": ${d.why}; name the proxy's address, such as 10.0.0.7, or its network, such as 10.0.0.0/24`,
  },
  CONTROL_OIDC_INVALID: {
    retryable: false,
    message: (d: { problems: readonly string[] }) => `nobody can log in at this provider: ${d.problems.join("; ")}`,
  },
  ACCESS_STORE_UNUSABLE: {
    retryable: false,
    message: (d: { file: string; what: string }) => `the file ${d.file} cannot hold users and tokens: ${d.what}`,
  },
  ACCESS_DATABASE_UNUSABLE: {
    retryable: false,
    message: (d: { what: string }) => `the PostgreSQL database for users, sessions and tokens cannot be used: ${d.what}`,
  },
  ACCESS_ROUTE_WITHOUT_RIGHT: {
    retryable: false,
    message: (d: { route: string }) =>
      `the route ${d.route} does not say which right it needs; add config: { right: "read" | "payload" | "act" | "admin" | "open" } to it`,
  },
  ACCESS_LOGIN_NEEDED: {
    retryable: false,
    message: (_: Record<string, never>) =>
      "nobody is logged in, or no longer; log in, or send a token that has not ended as Authorization: Bearer",
  },
  ACCESS_WRONG: {
    retryable: false,
    message: (_: Record<string, never>) => "there is no such user with this password, or it is locked",
  },
  ACCESS_TOO_MANY_ATTEMPTS: {
    retryable: true,
    message: (d: { seconds: number }) => `passwords were tried too often; try again in ${d.seconds} s`,
  },
  ACCESS_BUSY: {
    retryable: true,
    message: (_: Record<string, never>) => "too many log in at this moment; try again in a few seconds",
  },
  ACCESS_SETUP_OVER: {
    retryable: false,
    message: (_: Record<string, never>) =>
      "this token makes no first admin: it was used, its hour is over, or there are users; start the control plane again for a new one, or ask an admin",
  },
  ACCESS_FORBIDDEN: {
    retryable: false,
    message: (d: { who: string; what: string; right: string }) => `${d.who} may not ${d.what}; an admin can grant it`,
  },
  ACCESS_NO_GRANT: {
    retryable: false,
    message: (d: { user: string; groups: readonly string[] }) =>
      `${d.user} may do nothing here: no grant is for ${d.groups.length === 0 ? "somebody without a group" : `the groups ${d.groups.slice(0, 20).join(", ")}`}`,
  },
  ACCESS_OIDC_REFUSED: {
    retryable: false,
    message: (d: { what: string }) => `the login at the provider did not succeed: ${d.what}; log in again`,
  },
  ACCESS_OIDC_UNREACHABLE: {
    retryable: true,
    message: (d: { issuer: string; what: string }) => `the provider ${d.issuer} does not answer as one (${d.what}); try again`,
  },
  ACCESS_INVALID: {
    retryable: false,
    message: (d: { what: string; problems: readonly string[] }) => `this ${d.what} cannot be: ${d.problems.join("; ")}`,
  },
  ACCESS_EXISTS: { retryable: false, message: (d: { what: string }) => `there is ${d.what} already; take another name` },
  ACCESS_LAST_ADMIN: {
    retryable: false,
    message: (d: { user: string }) =>
      `${d.user} is the last admin: without one nobody could decide about access; make another one first`,
  },
  ACCESS_PATH_REFUSED: {
    retryable: false,
    message: (d: { why: string }) => `the path cannot be read in one way alone: ${d.why}`,
  },
  ACCESS_HOST_REFUSED: {
    retryable: false,
    message: (d: { host: string }) =>
      `the control plane is not called ${JSON.stringify(d.host)}; use 127.0.0.1 or localhost, or start it with --public-url if that is its name`,
  },
  ACCESS_PROXY_REFUSED: {
    retryable: false,
    message: (d: { header: string }) =>
      `a request came through a proxy (${d.header}), and nobody needs to log in here: behind a proxy start the control plane with --login and --public-url`,
  },
  ACCESS_ORIGIN_REFUSED: {
    retryable: false,
    message: (d: { from: string }) => `${d.from} may not use this control plane; only its own page may`,
  },
  ACCESS_CSRF: {
    retryable: false,
    message: (d: { header: string }) =>
      `a change with a session's cookie needs the header ${d.header}: 1; programs use a token instead`,
  },
};
