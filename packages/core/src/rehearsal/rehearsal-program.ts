import { readRedriveRequest } from "../system-topics/redrive-request.ts";
import type { RehearsalLetter, RehearsalOptions, RehearsedLetter, ServiceRehearsal } from "./rehearsal.ts";

/**
 * Set by the command line: `start` then tells what the service is, rehearses the letters that it is sent over the process's channel,
 * and ends the process when all are done. Nothing is started.
 */
export const rehearsalVariable = "THROUGHLINE_REHEARSAL";

/** What a service tells whoever has it rehearsed. */
export type RehearsalNews = { readonly service: string } & (
  | {
      readonly say: "ready";
      readonly version: string;
      readonly handlers: readonly string[];
      /** How long its store lets a transaction run, so how long nothing may be heard of it. */
      readonly transactionLimitMs: number;
    }
  | { readonly say: "begun"; readonly failureId: string }
  | { readonly say: "letter"; readonly letter: RehearsedLetter }
  | { readonly say: "done" }
  | { readonly say: "failed"; readonly code: string | null; readonly message: string }
);

/** What it is sent once it is ready. */
export interface RehearsalOrder {
  /** Of this one of the program's services. */
  readonly service: string;
  /** Redrive requests, as they stand on the wire; without one where the record is not at hand. */
  readonly letters: readonly { readonly failureId: string; readonly handler: string; readonly request: string | null }[];
  /** Events that a process died of, with how. */
  readonly crashed: readonly (readonly [failureId: string, how: string])[];
}

export interface RehearsedService {
  readonly name: string;
  readonly handlers: readonly { readonly name: string }[];
  readonly store: { readonly transactionLimitMs: number } | undefined;
  rehearse(letters: readonly RehearsalLetter[], options: RehearsalOptions): Promise<ServiceRehearsal>;
}

/** In place of a start. Never settles: the process ends when the letters are done, or when whoever sends them has gone. */
export function rehearseForProgram(rehearsed: RehearsedService, version: string): Promise<never> {
  const { name: service } = rehearsed;
  const tell = (news: { readonly throughlineRehearsal: RehearsalNews }, then?: () => void): void => {
    if (process.send === undefined) process.exit(1);
    process.send(news, undefined, undefined, () => then?.());
  };
  const end = (news: RehearsalNews): void => tell({ throughlineRehearsal: news }, () => process.exit(0));
  const rehearse = async (order: RehearsalOrder): Promise<void> => {
    try {
      await rehearsed.rehearse(order.letters.map(letterOf), {
        crashed: new Map(order.crashed),
        onBegin: (failureId) => tell({ throughlineRehearsal: { service, say: "begun", failureId } }),
        onLetter: (letter) => tell({ throughlineRehearsal: { service, say: "letter", letter } }),
      });
      end({ service, say: "done" });
    } catch (error) {
      const { code, message } = error as { code?: unknown; message?: unknown };
      end({ service, say: "failed", code: typeof code === "string" ? code : null, message: String(message ?? error) });
    }
  };
  process.on("message", ({ throughlineRehearse: order }: { throughlineRehearse?: RehearsalOrder }) => {
    if (order?.service === service) void rehearse(order);
  });
  process.once("disconnect", () => process.exit(1));
  tell({
    throughlineRehearsal: {
      service,
      say: "ready",
      version,
      handlers: rehearsed.handlers.map(({ name }) => name),
      transactionLimitMs: rehearsed.store?.transactionLimitMs ?? 0,
    },
  });
  return new Promise(() => undefined);
}

function letterOf({ failureId, handler, request }: RehearsalOrder["letters"][number]): RehearsalLetter {
  const read = request === null ? null : readRedriveRequest(Buffer.from(request));
  if (read === null) return { failureId, handler };
  return { failureId, handler, original: read.original, ...(read.valueOmitted === true ? { valueOmitted: true } : {}) };
}
