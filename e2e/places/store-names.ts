/** The schema of PostgreSQL that holds what a service has. */
export const schemaOf = (service: string): string => service.replaceAll("-", "_");

/** A service's own address. */
export const urlOf = (url: string, service: string): string =>
  url.replaceAll("{service}", url.startsWith("postgres:") ? schemaOf(service) : service);

/** `?` is `$1`, `$2` … to PostgreSQL. */
export function numbered(sql: string): string {
  let count = 0;
  return sql.replaceAll("?", () => `$${++count}`);
}
