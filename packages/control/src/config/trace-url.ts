/** Stands where the id of a trace goes. */
export const tracePlace = "{traceId}";

/** What is wrong with a template of addresses of traces; null where nothing is. Somebody will click on what it makes. */
export function traceUrlProblem(template: string): string | null {
  if (!template.includes(tracePlace))
    return `has no ${tracePlace} in it, where the id of a trace goes: https://traces.example.com/${tracePlace}`;
  const url = URL.parse(template.replaceAll(tracePlace, "0af7651916cd43dd8448eb211c80319c"));
  if (url === null) return "is no address";
  if (url.protocol !== "https:" && url.protocol !== "http:") return `begins with ${url.protocol}, and takes http: or https:`;
  if (url.username !== "" || url.password !== "") return "holds a password, which everybody who looks at a trace would see";
  return new URL(template.replaceAll(tracePlace, "a")).origin === url.origin ? null : `has ${tracePlace} in its host`;
}
