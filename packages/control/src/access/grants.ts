/** From least to most: a role may do what those before it may. */
export const roles = ["viewer", "operator", "admin"] as const;
export type Role = (typeof roles)[number];

/**
 * What a route asks for: to see what services say of themselves; to see the data of events; to change what services do; to decide who
 * may do what.
 */
export type Right = "read" | "payload" | "act" | "admin";

/** A role, everywhere or on some services. Somebody may have several: a viewer of all and an operator of billing. */
export interface Grant {
  readonly role: Role;
  /** Null: everywhere. */
  readonly services: readonly string[] | null;
  /** Lets a viewer see the data of events, too. Operators and admins always may. */
  readonly payloads?: boolean;
}

const rightsOf: Readonly<Record<Role, ReadonlySet<Right>>> = {
  viewer: new Set<Right>(["read"]),
  operator: new Set<Right>(["read", "payload", "act"]),
  admin: new Set<Right>(["read", "payload", "act", "admin"]),
};

const gives = (grant: Grant, right: Right): boolean =>
  rightsOf[grant.role].has(right) || (right === "payload" && grant.payloads === true);

/** Where somebody has a right: on no service, on some, or everywhere (null). */
export function servicesWith(grants: readonly Grant[], right: Right): readonly string[] | null {
  const giving = grants.filter((grant) => gives(grant, right));
  if (giving.some(({ services }) => services === null)) return null;
  return [...new Set(giving.flatMap(({ services }) => services ?? []))].toSorted();
}

/** Whether somebody has a right on a service; on everything, where none is named. */
export function grantsAllow(grants: readonly Grant[], right: Right, service: string | null = null): boolean {
  const services = servicesWith(grants, right);
  return services === null || (service !== null && services.includes(service));
}

/** The highest of their roles; null for who has none. */
export const highestRole = (grants: readonly Grant[]): Role | null =>
  roles.findLast((role) => grants.some((grant) => grant.role === role)) ?? null;

const aService = /^[a-z0-9][a-z0-9._-]{0,127}$/i;
const mostGrants = 20;
const mostServices = 200;

/** What is wrong with grants that somebody asks for; empty where nothing is. */
export function grantProblems(grants: readonly Grant[]): string[] {
  if (grants.length === 0) return ["give at least one grant, such as viewer"];
  if (grants.length > mostGrants) return [`give at most ${mostGrants} grants`];
  return grants.flatMap(({ role, services, payloads }) => {
    if (!roles.includes(role)) return [`"${role}" is no role; roles are ${roles.join(", ")}`];
    if (services === null) return [];
    if (role === "admin") return ["an admin is one everywhere: name no services"];
    if (services.length === 0) return [`name the services of the ${role}, or leave them out for all`];
    if (services.length > mostServices) return [`name at most ${mostServices} services`];
    if (payloads === false && role !== "viewer") return [`an ${role} sees payloads; only a viewer can be without`];
    return services.filter((name) => !aService.test(name)).map((name) => `${JSON.stringify(name)} is no name of a service`);
  });
}

/** `operator:billing,shipping`, `viewer`, `viewer+payloads:billing`: as the command line takes them. Null: it is none. */
export function parseGrant(text: string): Grant | null {
  const [, role, payloads, services] = /^(viewer|operator|admin)(\+payloads)?(?::(.+))?$/.exec(text) ?? [];
  if (role === undefined) return null;
  const grant = { role: role as Role, services: services?.split(",").map((name) => name.trim()) ?? null };
  const found: Grant = payloads === undefined ? grant : { ...grant, payloads: true };
  return grantProblems([found]).length === 0 ? found : null;
}
