import type { Randomness } from "throughline/seams";
import type { GivenEvent } from "./given-event.ts";

type SubjectId = string | number;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The ids that one run of some events has in place of the ones they were given with, so that runs do not meet. */
export interface SubjectNames {
  /** In place of the first event's subject. */
  readonly first: string;
  /** The data under the run's ids: wherever one of the given ids stands as a whole value. */
  rename(data: unknown): unknown;
  /** A state back under the given ids: wherever one of the run's ids stands, in texts and in names of properties too. */
  restore(state: unknown): unknown;
  has(subject: string | null): boolean;
}

/** Chooses the ids of a run. A UUID becomes another UUID, a number another number, any other text gets the run's number. */
export function subjectNames(events: readonly GivenEvent[], run: number, random: Randomness): SubjectNames {
  const given = [...new Set(events.map(subjectIn))];
  const names = new Map(given.map((id): [SubjectId, SubjectId] => [id, renamed(id, run, random)]));
  const back = new Map([...names].map(([id, name]) => [name, id]));
  const properties = new Set(events.map(({ contract }) => contract.subject));
  return {
    first: String(names.get(given[0] ?? "") ?? ""),
    // A number may equal an id by chance.
    rename: (data) =>
      mapLeaves(data, (leaf, property) =>
        typeof leaf === "number" && !properties.has(property) ? leaf : (names.get(leaf as SubjectId) ?? leaf),
      ),
    restore: (state) =>
      mapLeaves(state, (leaf) => (typeof leaf === "string" ? restoreText(leaf, back) : (back.get(leaf as SubjectId) ?? leaf))),
    has: (subject) => [...back.keys()].some((name) => String(name) === subject),
  };
}

function subjectIn({ contract, data }: GivenEvent): SubjectId {
  return (data as Record<string, SubjectId>)[contract.subject] ?? "";
}

function renamed(id: SubjectId, run: number, random: Randomness): SubjectId {
  if (typeof id === "number") return id + run * 1_000_003;
  if (!uuid.test(id)) return `${id}-run${String(run).padStart(4, "0")}`;
  const hex = Buffer.from(random.fill(new Uint8Array(6))).toString("hex");
  // Version and variant stay what they are.
  return `${id.slice(0, 24)}${hex}`;
}

function restoreText(text: string, back: ReadonlyMap<SubjectId, SubjectId>): string {
  let restored = text;
  // Longer ones first, for one may end with another.
  for (const [name, id] of [...back].sort(([a], [b]) => String(b).length - String(a).length)) {
    restored = restored.replaceAll(String(name), String(id));
  }
  return restored;
}

function mapLeaves(value: unknown, map: (leaf: unknown, property: string) => unknown, property = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => mapLeaves(item, map, property));
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [mapLeaves(key, map), mapLeaves(item, map)]));
  if (value instanceof Set) return new Set([...value].map((item) => mapLeaves(item, map)));
  if (!isRecord(value)) return map(value, property);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [String(map(key, "")), mapLeaves(item, map, key)]));
}

/** Rows of `node:sqlite` have no prototype. */
function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
