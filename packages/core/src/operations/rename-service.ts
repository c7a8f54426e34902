import { isAddressed, type ServiceScope } from "../handling/scope.ts";
import type { UnitOfWork } from "../seams/store.ts";
import { isServiceName, type RenameServiceCommand } from "../system-topics/index.ts";
import { done, type Outcome, refused } from "./outcome.ts";

/**
 * Lets the store be opened under a new name (R13). Nothing else moves: cursors, inbox and parked events stay where they are,
 * and the service of the new name reads what is still asked of the old one.
 */
export async function renameService<Tx>(
  { identity }: ServiceScope<Tx>,
  unit: UnitOfWork<Tx>,
  { service, to }: RenameServiceCommand,
): Promise<Outcome> {
  if (!isServiceName(to)) return refused(`${JSON.stringify(to)} is no service name; use letters, digits, ".", "_" and "-"`);
  if (to === identity.service) return refused(`the service has the name "${to}" already`);
  if (service !== identity.service && isAddressed(identity, service))
    return refused(`the service was renamed from "${service}" to "${identity.service}" already; rename it from that`);
  await unit.service.rename(to);
  return done(
    `the store of "${service}" may be opened as "${to}"; deploy the service under that name, and from its first start on the store refuses "${service}"`,
  );
}
