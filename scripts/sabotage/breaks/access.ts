import type { Break } from "../break.ts";

const guard = ["packages/control/test/request-guard.test.ts"];
const roles = ["packages/control/test/role-by-route.test.ts"];
const login = ["packages/control/test/access-login.test.ts"];
const live = ["packages/control/test/live-access.test.ts"];
const at = (file: string): string => `packages/control/src/access/${file}`;

/** Who may use the control plane, and that every change is written down before it is made. */
export const accessBreaks: readonly Break[] = [
  {
    name: "a route without a right is taken",
    rule: "R16",
    file: at("route-rights.ts"),
    find: "if (right === undefined || !known.has(right))",
    replace: "if (right !== undefined && !known.has(right))",
    tests: roles,
  },
  {
    name: "a right on one service is a right on all",
    rule: "R16",
    file: at("grants.ts"),
    find: "return services === null || (service !== null && services.includes(service));",
    replace: "return services === null || services.length > 0;",
    tests: ["packages/control/src/access/grants.test.ts"],
  },
  {
    name: "an operator's service is not asked for once the request is read",
    rule: "R16",
    file: at("add-access.ts"),
    find: "await requireThere(request, right, service);",
    replace: "await requireThere(request, right, null);",
    tests: roles,
  },
  {
    name: "any name is this machine's: DNS rebinding",
    rule: "R16",
    file: at("request-guard.ts"),
    find: 'if (mode === "open") return false;',
    replace: 'if (mode === "open") return true;',
    tests: guard,
  },
  {
    name: "another site's page is taken for our own",
    rule: "R16",
    file: at("request-guard.ts"),
    find: "return origin.toLowerCase() === `http://${host.toLowerCase()}`;",
    replace: "return origin !== host;",
    tests: guard,
  },
  {
    name: "a change needs the cookie alone",
    rule: "R16",
    file: at("authenticate.ts"),
    find: "if (!isSafe(request.method) && request.headers[csrfHeader] === undefined)",
    replace: "if (!isSafe(request.method) && request.headers[csrfHeader] === null)",
    tests: guard,
  },
  {
    name: "a proxy before an open console goes unnoticed",
    rule: "R16",
    file: at("request-guard.ts"),
    find: "if (added !== undefined)",
    replace: "if (added === null)",
    tests: guard,
  },
  {
    name: "a login goes on with the session that was there",
    rule: "R16",
    file: "packages/control/src/server/routes/session-routes.ts",
    find: 'if (kind === "user" || kind === "oidc") await access.sessions.end(credential!);',
    replace: 'if (kind === "local") await access.sessions.end(credential!);',
    tests: guard,
  },
  {
    name: "passwords can be tried without end",
    rule: "R16",
    file: at("login-limits.ts"),
    find: "this.#ofUser.take(user, nowMs);",
    replace: "void user;",
    tests: login,
  },
  {
    name: "a session outlives its user's new password",
    rule: "R16",
    file: at("users.ts"),
    find: "const endsSessions = edit.password !== undefined || edit.isLocked === true;",
    replace: "const endsSessions = edit.isLocked === true;",
    tests: login,
  },
  {
    name: "a change is made before it is written down",
    rule: "R7",
    file: "packages/control/src/audit/create-audit.ts",
    find: "await audit(actor, intent);",
    replace: "await audit(actor, intent).catch(() => undefined);",
    tests: login,
  },
  {
    name: "a provider's answer counts in any browser",
    rule: "R16",
    file: at("oidc/oidc-login.ts"),
    find: "expectedState: state,",
    replace: 'expectedState: url.searchParams.get("state") ?? state,',
    tests: ["packages/control/test/oidc.test.ts"],
  },
  {
    name: "a command is confirmed by whom it was not shown",
    rule: "R16",
    file: "packages/control/src/server/routes/command-routes.ts",
    find: "found === null || found.by !== actor.name",
    replace: "found === null",
    tests: ["packages/control/test/commands.test.ts"],
  },
  {
    name: "what is live goes on for who was locked out",
    rule: "R16",
    file: "packages/control/src/server/live.ts",
    find: "if (isIn || gone.signal.aborted) return;",
    replace: "if (isIn || !gone.signal.aborted) return;",
    tests: live,
  },
  {
    name: "to watch what is live counts as a use of the session",
    rule: "R16",
    file: at("authenticate.ts"),
    find: "await authenticate(request, options, false);",
    replace: "await authenticate(request, options, true);",
    tests: live,
  },
];
