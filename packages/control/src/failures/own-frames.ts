/** Where code lies that is not the service's own: the runtime, what is installed, and Throughline's own way to the handler. */
const foreign =
  /^node:|\/node_modules\/|^<anonymous>$|^native$|^index \d+$|internal\/|\/handling\/handler-(?:invocation|transaction)\.[jt]s$/;

/**
 * Throughline's own way to the handler, where it runs from its sources or is linked: the folder in which its packages lie. Only a stack
 * that comes from there tells it, for a service's repository may have packages of these names, too.
 */
const wayToHandler = /^(.*\/)core\/(?:src|dist)\/handling\/(?:handler|batch|call)-(?:invocation|transaction)\.[jt]s$/;
const ourPackages = /^(?:cli|console|control|core|kafka|postgres|registry|sqlite|testing)\/(?:src|dist)\//;

/**
 * The functions of the service's own code in a stack, innermost first, each as `file:function`. What moves with an edit or a deploy
 * is left out: lines, columns, folders, hashes in file names, `.ts` or `.js`, whether a function was awaited, and names that a
 * minifier gave. A function that calls itself counts once.
 */
export function ownFrames(stack: string | null, message: string): string[] {
  if (stack === null) return [];
  const frames: string[] = [];
  const calls = linesOf(stack, message).flatMap((line) => callOf(line) ?? []);
  const ours = calls.flatMap(({ place }) => wayToHandler.exec(place)?.[1] ?? [])[0];
  for (const { name, place } of calls) {
    if (foreign.test(place) || (ours !== undefined && place.startsWith(ours) && ourPackages.test(place.slice(ours.length))))
      continue;
    const frame = `${fileOf(place)}:${functionOf(name)}`;
    if (frame !== frames.at(-1)) frames.push(frame);
  }
  return frames;
}

/** The lines below the message, which may itself have lines that look like a stack's. */
function linesOf(stack: string, message: string): string[] {
  const at = message === "" ? -1 : stack.indexOf(message);
  return (at < 0 ? stack : stack.slice(at + message.length)).split("\n").slice(0, 200);
}

function callOf(line: string): { readonly name: string; readonly place: string } | null {
  const call = /^\s+at (?:async )?(.*)$/.exec(line)?.[1];
  if (call === undefined) return null;
  const named = /^(.*?) \((.*)\)$/.exec(call);
  const place = placeOf(named?.[2] ?? call);
  return place === null ? null : { name: named?.[1] ?? "", place };
}

/** Of `eval at x (file:1:2), <anonymous>:3:4` the place of the eval; null for a line that names none. */
function placeOf(text: string): string | null {
  const inner = /^eval at .*?\((.*?)\)/.exec(text)?.[1] ?? text;
  const place = inner.replace(/:\d+(?::\d+)?$/, "").replace(/^async /, "");
  if (place === "") return null;
  return place
    .replaceAll("\\", "/")
    .replace(/^file:\/\//, "")
    .replace(/[?#].*$/, "");
}

function fileOf(place: string): string {
  const name = place.slice(place.lastIndexOf("/") + 1).replace(/\.(?:[cm]?[jt]sx?)$/, "");
  // main.3f2a1b9c, chunk-XK3J9QPL, index_5d41402a: a bundler's hash of what is in it.
  return name.replace(/[._-](?=[0-9a-z]*\d)(?:[0-9a-f]{6,}|[0-9a-z]{8,})$/i, "");
}

/** Of `Billing.create [as make]` and `new Invoice` the function alone: what it was called on may differ. One or two letters are a minifier's. */
function functionOf(text: string): string {
  const name = text.replace(/ \[as .*\]$/, "").replaceAll("<anonymous>", "");
  const last = name.slice(Math.max(name.lastIndexOf("."), name.lastIndexOf(" ")) + 1);
  return last.length > 2 ? last : "";
}
