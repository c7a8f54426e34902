import type { EventLog } from "throughline";

/** Reads a service's database; no rows where a table or the file is not there yet. */
export interface RowReader {
  all(service: string, sql: string, ...parameters: (string | number)[]): Promise<Record<string, string | number | null>[]>;
}

/** Where something stands that a death may hit. */
interface Place {
  readonly place: number;
  readonly isParked: boolean;
  /** Booked attempts at a call that nobody has seen the end of. */
  readonly openAttempts: number;
}

/**
 * Sees to it that no event is hit more than twice in a row (R6): what stood at the same place at two deaths of its service must
 * move on before the next one. That is a cursor with events behind it, or a parked event that is due, or leased.
 */
export class FairDeaths {
  readonly #service: string;
  readonly #log: EventLog;
  readonly #databases: RowReader;
  readonly #hits = new Map<string, { readonly place: number; readonly deaths: number }>();

  constructor(service: string, log: EventLog, databases: RowReader) {
    this.#service = service;
    this.#log = log;
    this.#databases = databases;
  }

  /** What must move on before the service may die again; empty when it may. */
  get mustMove(): string[] {
    return [...this.#hits].filter(([, { deaths }]) => deaths >= 2).map(([what, { place }]) => `${what} at ${place}`);
  }

  /** @param hadPartitions Without them the process may have run what is parked, and nothing else. Default: true. */
  async died({ hadPartitions = true }: { hadPartitions?: boolean } = {}): Promise<void> {
    const now = await this.#places();
    for (const what of this.#hits.keys()) if (!now.has(what)) this.#hits.delete(what);
    for (const [what, { place, isParked, openAttempts }] of now) {
      if (!hadPartitions && !isParked) continue;
      const before = this.#hits.get(what);
      const deaths = before?.place === place ? before.deaths + 1 : 1;
      this.#hits.set(what, { place, deaths: Math.max(deaths, openAttempts) });
    }
  }

  /** Forgets what has moved on since. */
  async look(): Promise<void> {
    const now = await this.#places();
    for (const [what, { place }] of this.#hits) if (now.get(what)?.place !== place) this.#hits.delete(what);
  }

  async #places(): Promise<Map<string, Place>> {
    const places = new Map<string, Place>();
    const cursors = await this.#databases.all(
      this.#service,
      "SELECT handler_id, epoch, topic, topic_id, partition, next_offset FROM throughline_cursors",
    );
    const ends = new Map<string, number>();
    for (const topic of new Set(cursors.map((row) => String(row.topic))))
      for (const { partition, end } of await this.#log.offsets(topic)) ends.set(`${topic}/${partition}`, end);
    for (const { handler_id, epoch, topic, partition, next_offset } of cursors)
      if (Number(next_offset) < (ends.get(`${topic}/${partition}`) ?? 0))
        places.set(`handler ${handler_id}, epoch ${epoch}, ${topic}/${partition}`, {
          place: Number(next_offset),
          isParked: false,
          openAttempts: 0,
        });
    const parked = await this.#databases.all(
      this.#service,
      `SELECT hex(id) AS id, CAST(attempts AS TEXT) AS attempts FROM throughline_parked
       WHERE state = 'waiting' AND (due_at_ms <= ? OR lease_owner IS NOT NULL)`,
      Date.now(),
    );
    for (const { id, attempts } of parked) {
      const booked = JSON.parse(String(attempts)) as { readonly endedAtMs: number | null }[];
      const openAttempts = booked.filter(({ endedAtMs }) => endedAtMs === null).length;
      places.set(`parked event ${id}`, { place: 0, isParked: true, openAttempts });
    }
    return places;
  }
}
