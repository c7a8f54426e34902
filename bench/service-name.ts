let services = 0;

/**
 * A name that no other service of this run has: each measurement has a store of its own, and a service that comes back with another
 * store than it announced stops, for its store may be an old copy.
 */
export function newServiceName(base: string): string {
  services += 1;
  return `${base}-${services}`;
}
