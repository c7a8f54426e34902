import type { LineLevel } from "throughline/system-topics";
import type { IndexStore } from "../index-store/index-store.ts";
import type { LogLine } from "./log-line.ts";

/** Lines of a whole flow, or of one event; oldest first. */
export interface LogLineQuery {
  readonly of: { readonly flow: string } | { readonly event: string };
  /** Only lines of these services; default: all. */
  readonly services?: readonly string[];
  readonly handler?: string;
  readonly attempt?: number;
  /** Only lines of this level and worse ones. */
  readonly fromLevel?: LineLevel;
  readonly limit: number;
  /** Of the page before. */
  readonly cursor?: string;
}

export interface LogLinePage {
  readonly lines: readonly LogLine[];
  /** Of each line: where a page after it begins. */
  readonly places: readonly string[];
  /** Of the next page; null on the last. */
  readonly cursor: string | null;
}

export interface LogGapQuery {
  readonly services: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** How many lines are looked at for a text before the page is given, full or not. */
const mostLookedAt = 5_000;
const lookedAtOnce = 500;

/** A page of lines in whose message or fields a text stands, in whatever case. A page may be short, and there may be more all the same. */
export async function findLogLines(
  store: Pick<IndexStore, "logLines">,
  query: LogLineQuery,
  text: string | undefined,
): Promise<Omit<LogLinePage, "places">> {
  if (text === undefined || text === "") return store.logLines(query);
  const wanted = text.toLowerCase();
  const lines: LogLine[] = [];
  let { cursor } = query;
  for (let looked = 0; looked < mostLookedAt; looked += lookedAtOnce) {
    const page = await store.logLines({ ...query, limit: lookedAtOnce, ...(cursor === undefined ? {} : { cursor }) });
    for (const [at, line] of page.lines.entries()) {
      if (!textOf(line).includes(wanted)) continue;
      if (lines.length === query.limit) return { lines, cursor: cursor! };
      lines.push(line);
      cursor = page.places[at]!;
    }
    if (page.cursor === null) return { lines, cursor: null };
    cursor = page.cursor;
  }
  return { lines, cursor: cursor ?? null };
}

const textOf = ({ message, fields }: LogLine): string =>
  `${message}\n${fields === undefined ? "" : JSON.stringify(fields)}`.toLowerCase();

/** Lines are bounded where they are shipped, and not by whoever else writes to the topic: a page is, whatever they hold. */
const mostCharacters = 2 * 1024 * 1024;

/** A page of rows, of which one more than the limit was asked for. */
export function pageOf(
  rows: readonly { readonly at_ms: number; readonly no: number; readonly body: string }[],
  limit: number,
): LogLinePage {
  let characters = 0;
  const fitting = rows.findIndex(({ body }, at) => (characters += body.length) > mostCharacters && at > 0);
  const shown = rows.slice(0, fitting < 0 ? limit : Math.min(fitting, limit));
  const places = shown.map(({ at_ms, no }) => `${at_ms}~${no}`);
  return {
    lines: shown.map(({ body }) => JSON.parse(body) as LogLine),
    places,
    cursor: rows.length > shown.length ? places.at(-1)! : null,
  };
}

/** A cursor is where the page before ended. */
export const readCursor = (cursor: string): readonly [atMs: number, no: number] => {
  const [atMs = 0, no = 0] = cursor.split("~").map(Number);
  return [atMs, no];
};
