import { coreError } from "../errors/index.ts";
import type { ServiceScope } from "../handling/scope.ts";
import type { StoreBehind } from "../seams/store.ts";

/** The one error that says why publishing stopped, and what goes on from there. */
export function storeBehind({ identity }: Pick<ServiceScope<unknown>, "identity">, { why }: Pick<StoreBehind, "why">): Error {
  return coreError("STORE_BEHIND_LOG", { service: identity.service, why });
}
