import type { EventLog } from "throughline/seams";
import { redriveRecord } from "throughline/system-topics";
import { type Failure, type FailureFilter } from "@throughline/control/reading";
import { requestFor } from "@throughline/control/redrive";
import { selectFailures } from "../acting/select-failures.ts";
import type { CliContext } from "../cli-context.ts";
import { cliError, usageError } from "../cli-errors.ts";
import { readAllFailures } from "../commands/failed.ts";
import type { ConsoleClient } from "./console-client.ts";
import type { SentLetter } from "./rehearse-program.ts";

/** Which letters are rehearsed. */
export interface LetterChoice {
  readonly ids: readonly string[];
  readonly filter: FailureFilter;
  /** The fingerprint of a cause; the console's index knows which failures have it. */
  readonly group: string | null;
}

type Letters = ReadonlyMap<string, readonly SentLetter[]>;

/** The chosen letters as they stand in the log. Throws `CLI_LETTER_OF_ANOTHER` for an id of a service that the program is not. */
export async function lettersOfLog(
  context: CliContext,
  log: EventLog,
  { ids, filter }: LetterChoice,
  services: readonly string[],
): Promise<Letters> {
  const failures = await readAllFailures(context, log);
  const { chosen } = selectFailures(failures, { ids, filter, all: ids.length === 0 });
  refuseOthers(
    chosen.filter(() => ids.length > 0).map(({ letter }) => letter),
    services,
  );
  const ours = chosen.filter(({ letter }) => services.includes(letter.service));
  return grouped(ours.map((failure) => [failure.letter.service, sent(failure, context)]));
}

function sent({ letter, original }: Failure, context: CliContext): SentLetter {
  const terms = {
    action: "redrive",
    by: context.user,
    reason: null,
    atMs: context.now(),
    editedValue: null,
    force: false,
  } as const;
  const { value } = redriveRecord(requestFor(letter, original, letter.failureId, terms));
  return { failureId: letter.failureId, handler: letter.handler, request: Buffer.from(value ?? "").toString() };
}

/** The chosen letters as the console's index knows them; their records are in the service's store. */
export async function lettersOfConsole(
  console: ConsoleClient,
  { ids, filter, group }: LetterChoice,
  services: readonly string[],
): Promise<Letters> {
  if (ids.length > 0) {
    const named = await Promise.all(ids.map((id) => console.failure(id)));
    refuseOthers(named, services);
    return grouped(named.map((failure) => [failure.service, withoutRecord(failure)]));
  }
  const found: [string, SentLetter][] = [];
  for (const service of services) {
    const query = { ...filter, service, ...(group === null ? {} : { group }) };
    for await (const failure of console.openFailures(query))
      if (failure.reason !== "uncertain") found.push([service, withoutRecord(failure)]);
  }
  return grouped(found);
}

const withoutRecord = ({ failureId, handler }: { failureId: string; handler: string }): SentLetter => ({
  failureId,
  handler,
  request: null,
});

function refuseOthers(letters: readonly { failureId: string; service: string }[], services: readonly string[]): void {
  const other = letters.find(({ service }) => !services.includes(service));
  if (other === undefined) return;
  throw cliError("CLI_LETTER_OF_ANOTHER", { failureId: other.failureId, service: other.service, services });
}

function grouped(letters: readonly (readonly [service: string, letter: SentLetter])[]): Letters {
  const groups = Map.groupBy(letters, ([service]) => service);
  return new Map([...groups].map(([service, of]) => [service, of.map(([, letter]) => letter)]));
}

/** What options exclude each other. */
export function refuseChoice({ ids, filter, group }: LetterChoice, console: ConsoleClient | null): void {
  if (ids.length > 0 && (group !== null || Object.keys(filter).length > 0))
    throw usageError("give failure ids, or filters, not both");
  if (group !== null && console === null) throw usageError("--group is known to the console only; pass --console, too");
}
