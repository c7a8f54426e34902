import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const page = join(import.meta.dirname, "..", "page");

/** What the page asks for that changes something, by the address of the page that asks; "" is what stands around every page. */
export function pageSends(): ReadonlyMap<string, ReadonlySet<string>> {
  const lazy = /\[\s*"([^"]+)",\s*lazyPage\(async \(\) => \(await import\("\.\/([^"]+)"\)\)/g;
  const routes = [...readFileSync(join(page, "routes.ts"), "utf8").matchAll(lazy)];
  const everywhere = modulesFrom("main.tsx");
  const sends = (files: Iterable<string>): Set<string> => new Set([...files].flatMap(sendsOf));
  return new Map([
    ["", sends(everywhere)],
    ...routes.map(
      ([, address, file]) => [address!, sends([...modulesFrom(file!)].filter((one) => !everywhere.has(one)))] as const,
    ),
  ]);
}

/** A file of the page and all that it loads at once. */
function modulesFrom(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const text = readFileSync(join(page, file), "utf8");
  for (const [, path] of text.matchAll(/^(?:import|export) (?!type)[^;]*?from "(\.[^"]+\.tsx?)";/gms))
    modulesFrom(normalize(join(dirname(file), path!)), found);
  return found;
}

/** `POST /jobs/{id}/*`: where a part is put in, it may be anything. */
const sendsOf = (file: string): string[] =>
  [...readFileSync(join(page, file), "utf8").matchAll(/\bsend\(\s*"([A-Z]+)",\s*(?:"([^"]+)"|`([^`]+)`)/g)].map(
    ([, method, route, template]) => `${method} ${route ?? template!.replaceAll(/\$\{\w+\}/g, "*")}`,
  );

/** Whether one of these asks for an operation. */
export const isSent = (sends: ReadonlySet<string>, operation: string): boolean =>
  [...sends].some((one) => one === operation || (one.includes("*") && matches(one, operation)));

const matches = (pattern: string, operation: string): boolean => {
  const [before, after] = pattern.split("*") as [string, string];
  const part = operation.slice(before.length, operation.length - after.length);
  return operation.startsWith(before) && operation.endsWith(after) && /^\w+$/.test(part);
};
