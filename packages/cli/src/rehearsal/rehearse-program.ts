import type { RehearsalOrder, RehearsedLetter } from "throughline/rehearsal";
import type { CliContext } from "../cli-context.ts";
import { cliError } from "../cli-errors.ts";
import type { ServiceFile } from "../dev/find-services.ts";
import { type ReadyService, RehearsedProcess } from "./rehearsed-process.ts";

/** A dead letter as the process gets it. */
export type SentLetter = RehearsalOrder["letters"][number];

/** What came of the letters of one service in this build. */
export interface BuildRehearsal {
  readonly service: string;
  readonly version: string;
  readonly letters: readonly RehearsedLetter[];
}

interface Steps {
  /** The letters of these services, by service; asked once. */
  readonly choose: (services: readonly ReadyService[]) => Promise<ReadonlyMap<string, readonly SentLetter[]>>;
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * Has a program's services rehearse letters, each in a process of its own. A process that dies of an event is begun again without
 * it, so that one that ends its process is a failure like any other. Throws `CLI_NO_REHEARSAL` with what the program printed.
 */
export async function rehearseProgram(context: CliContext, program: ServiceFile, steps: Steps): Promise<BuildRehearsal[]> {
  const begin = async (): Promise<{ process: RehearsedProcess; services: readonly ReadyService[] }> => {
    if (context.signal.aborted) throw interrupted();
    const process = new RehearsedProcess(program, { ...context.env });
    const stop = (): void => process.kill();
    context.signal.addEventListener("abort", stop, { once: true });
    void process.ended.then(() => context.signal.removeEventListener("abort", stop));
    const services = await process.services();
    if (context.signal.aborted) throw interrupted();
    if (typeof services === "string") {
      process.kill();
      throw noRehearsal(program, services, process.output);
    }
    return { process, services };
  };
  let begun: Awaited<ReturnType<typeof begin>> | null = await begin();
  const all: BuildRehearsal[] = [];
  try {
    const letters = await steps.choose(begun.services);
    const total = [...letters.values()].reduce((sum, each) => sum + each.length, 0);
    let done = 0;
    for (const { service, version, transactionLimitMs } of begun.services) {
      let left = letters.get(service) ?? [];
      const found: RehearsedLetter[] = [];
      const crashed = new Map<string, string>();
      while (left.length > 0) {
        begun ??= await begin();
        const { process } = begun;
        begun = null;
        const order = { service, letters: left, crashed: [...crashed] };
        const onLetter = (): void => steps.onProgress(++done, total);
        const part = await process.rehearse(order, { transactionLimitMs, onLetter });
        if (context.signal.aborted) throw interrupted();
        found.push(...part.letters);
        const told = new Set(part.letters.map(({ failureId }) => failureId));
        left = left.filter(({ failureId }) => !told.has(failureId));
        const { how, what } = part.end;
        if (how === "done") break;
        if (how === "failed" || part.underWay === null || crashed.has(part.underWay))
          throw noRehearsal(program, what, process.output);
        crashed.set(part.underWay, what);
      }
      if (found.length > 0) all.push({ service, version, letters: found });
    }
    return all;
  } finally {
    begun?.process.kill();
  }
}

const interrupted = (): Error => cliError("CLI_INTERRUPTED", { what: "not every letter was rehearsed; nothing is left of it" });

const noRehearsal = ({ name, file }: ServiceFile, what: string, output: string): Error =>
  cliError("CLI_NO_REHEARSAL", { service: name, file, what, output });
