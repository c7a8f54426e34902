import { nameOf, reasonsAsText } from "./report.ts";
import type { PushedContract } from "./push-contracts.ts";
import type { Push } from "./run-push.ts";

export function pushAsText({ contracts, registry, dryRun, lock }: Push): string {
  const of = (outcome: PushedContract["outcome"]): readonly PushedContract[] =>
    contracts.filter((each) => each.outcome === outcome);
  const where = registry === null ? lock.file : registry;
  const lines: string[] = [];
  const section = (title: string, entries: readonly string[]): void => {
    if (entries.length > 0) lines.push(`${title}:`, ...entries.map((entry) => `  ${entry}`));
  };
  section(`Registered at ${where}`, of("registered").map(placed));
  section(
    `Agreed in ${where}`,
    of("agreed").map(({ contract }) => nameOf(contract)),
  );
  section(
    `To be registered at ${where}`,
    of("would-register").map(({ contract }) => nameOf(contract)),
  );
  section("Refused, and not registered", of("refused").flatMap(refusal));
  section(
    "Not asked for",
    of("pending").map(({ contract }) => nameOf(contract)),
  );
  const known = of("known").length;
  if (known > 0) lines.push(`${known === 1 ? "1 was" : `${known} were`} there already.`);
  if (contracts.length === 0) lines.push("These services publish nothing.");
  lines.push(dryRun ? "Nothing was written." : lock.changed ? `Wrote ${lock.file}.` : `${lock.file} stays as it is.`);
  return `${lines.join("\n")}\n`;
}

const placed = ({ contract, registered }: PushedContract): string =>
  `${nameOf(contract)}: version ${registered?.version}, id ${registered?.id}`;

function refusal({ contract, reasons, compared }: PushedContract): string[] {
  const todo = compared?.todo == null ? [] : [`  What to do: ${compared.todo}`];
  return [nameOf(contract), ...reasonsAsText(reasons).map((reason) => `  - ${reason}`), ...todo];
}

export function pushAsJson({ ok, dryRun, registry, lock, contracts }: Push): object {
  return {
    ok,
    dryRun,
    registry,
    lock,
    contracts: contracts.map(({ contract, outcome, registered, reasons, compared }) => ({
      type: contract.type,
      version: contract.version,
      service: contract.service,
      outcome,
      registered,
      reasons,
      todo: compared?.todo ?? null,
    })),
  };
}
