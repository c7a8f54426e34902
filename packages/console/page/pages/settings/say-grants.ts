import type { User } from "../../api/api-types.ts";

export type Grants = User["grants"];

/** What somebody may do, in words. */
export const sayGrants = (grants: Grants): string =>
  grants
    .map(({ role, services, payloads }) => {
      const where = services === null ? "everywhere" : `of ${services.join(", ")}`;
      return `${role} ${where}${payloads === true ? ", sees payloads" : ""}`;
    })
    .join("; ");

export const roles = {
  viewer: "Viewer: looks on",
  operator: "Operator: acts on services",
  admin: "Admin: decides who may do what",
} as const;
export type Role = keyof typeof roles;

/** Grants of a form: a role, and the services as they are typed. */
export const grantsOf = (role: Role, services: string): Grants => {
  const named = services.split(/[\s,]+/).filter((name) => name !== "");
  return [{ role, services: named.length === 0 ? null : named }];
};
