import type { EventLog } from "throughline/seams";
import type { RedriveRequest } from "throughline/system-topics";
import { Pace } from "./pace.ts";
import { pause } from "./pause.ts";
import { makeRequestTopics, writeRequests } from "./requests.ts";

export interface SendOptions {
  /** Requests a second; null is as fast as it goes. */
  readonly ratePerSecond: number | null;
  readonly signal: AbortSignal;
  readonly onProgress?: (sent: number, total: number) => void;
}

/** Requests in one append at most. */
export const largestBatch = 200;

/** That the log refused one: those before it are written. */
export interface NotWritten {
  readonly topic: string;
  readonly written: number;
  readonly error: Error;
}

/** Writes requests in their order, each with its audit entry before it, at a rate. Answers with the first that the log refused, or null. */
export async function sendRequests(
  log: EventLog,
  requests: readonly RedriveRequest[],
  { ratePerSecond, signal, onProgress }: SendOptions,
): Promise<NotWritten | null> {
  await makeRequestTopics(
    log,
    requests.map(({ service }) => service),
  );
  const pace = ratePerSecond === null ? null : new Pace(ratePerSecond, performance.now());
  for (let sent = 0; sent < requests.length;) {
    signal.throwIfAborted();
    const due = pace === null ? largestBatch : Math.min(largestBatch, pace.due(performance.now()));
    if (due === 0) {
      await pause(Math.max(1, pace!.nextInMs), signal);
      continue;
    }
    const next = requests.slice(sent, sent + due);
    const results = await writeRequests(log, next);
    const refused = results.findIndex(({ ok }) => !ok);
    if (refused !== -1) {
      const result = results[refused] as Extract<(typeof results)[number], { ok: false }>;
      return { topic: `${next[refused]!.service}.redrive`, written: sent + refused, error: result.error };
    }
    pace?.took(next.length);
    sent += next.length;
    onProgress?.(sent, requests.length);
  }
  return null;
}
