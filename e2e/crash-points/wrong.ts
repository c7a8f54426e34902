import type { Databases } from "../places/databases.ts";

/** What the services' own databases say that was lost, doubled or out of order; empty when all is well. */
export async function whatIsWrong(
  databases: Databases,
  { probes, newcomers }: { probes: number; newcomers: readonly string[] },
): Promise<string[]> {
  const steps = await bySubject(databases, "till", "SELECT order_id AS subject, step FROM steps ORDER BY n");
  const closed = [...steps].filter(([, each]) => each.length === 3).map(([order]) => order);
  const readings = new Map(Array.from({ length: probes }, (_, n) => [`probe-${n + 1}`, ["1", "3", "4"]]));
  const once = new Map(closed.map((order) => [order, ["1"]]));
  return [
    ...differences(
      "entries of",
      steps,
      await bySubject(databases, "ledger", "SELECT order_id AS subject, step FROM entries ORDER BY entry"),
    ),
    ...differences("sums of", once, await bySubject(databases, "ledger", "SELECT order_id AS subject, 1 AS times FROM sums")),
    ...differences(
      "invoices noted of",
      once,
      await bySubject(databases, "till", "SELECT order_id AS subject, 1 AS times FROM notes"),
    ),
    ...differences("mails of", once, await bySubject(databases, "mailer", "SELECT order_id AS subject, 1 AS times FROM mails")),
    ...differences(
      "readings of",
      readings,
      await bySubject(databases, "ledger", "SELECT probe_id AS subject, reading FROM readings ORDER BY entry"),
    ),
    ...differences(
      "tallies of",
      readings,
      await bySubject(databases, "ledger", "SELECT probe_id AS subject, reading FROM tallies ORDER BY reading"),
    ),
    ...(await Promise.all(newcomers.map((name) => newcomerProblems(databases, name, steps)))).flat(),
    ...(await uncalled(databases)),
  ];
}

/** A newcomer left before the end: what it saw is the beginning of each order. */
export async function newcomerProblems(
  databases: Databases,
  name: string,
  steps: ReadonlyMap<string, readonly string[]>,
): Promise<string[]> {
  const seen = await bySubject(databases, name, "SELECT order_id AS subject, step FROM seen ORDER BY entry");
  const begun = new Map([...seen].map(([order, each]) => [order, steps.get(order)?.slice(0, each.length) ?? []]));
  return differences(`${name} saw of`, begun, seen);
}

/** Every mail was sent. It may have been asked for more than once, with the same key: that is what the key is for. */
async function uncalled(databases: Databases): Promise<string[]> {
  const calls = await databases.all("provider", "SELECT DISTINCT key FROM calls");
  const called = new Set(calls.map(({ key }) => key));
  const mails = await databases.all("mailer", "SELECT key FROM mails");
  return mails.filter(({ key }) => !called.has(key ?? null)).map(({ key }) => `mail ${key} was never sent`);
}

async function bySubject(databases: Databases, service: string, sql: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const row of await databases.all(service, sql)) {
    const [subject, value] = Object.values(row).map(String);
    const values = found.get(subject ?? "");
    if (values === undefined) found.set(subject ?? "", [value ?? ""]);
    else values.push(value ?? "");
  }
  return found;
}

function differences(
  what: string,
  expected: ReadonlyMap<string, readonly string[]>,
  actual: ReadonlyMap<string, readonly string[]>,
): string[] {
  return [...new Set([...expected.keys(), ...actual.keys()])].flatMap((subject) => {
    const [wanted, found] = [(expected.get(subject) ?? []).join(), (actual.get(subject) ?? []).join()];
    return wanted === found ? [] : [`${what} ${subject}: ${found || "none"} instead of ${wanted || "none"}`];
  });
}
