import { once } from "node:events";
import type { FastifyReply, FastifyRequest } from "fastify";

export interface LiveEvent {
  /** What `EventSource` calls the event's type; default "message". */
  readonly event?: string;
  /** Comes back as `last-event-id` when the page connects again. */
  readonly id?: string;
  readonly data: unknown;
}

/** A line now and then keeps proxies from ending what is quiet. */
const aliveEveryMs = 15_000;
/** Who lost the right to see it sees nothing more after so long. */
const lookEveryMs = 2_000;

/**
 * Answers with server-sent events (WHATWG HTML, section 9.2) until the source ends, or whoever listens goes away or may see it no longer,
 * and no faster than they are read. The source must end when its signal aborts.
 */
export async function answerLive(
  request: FastifyRequest,
  reply: FastifyReply,
  source: (signal: AbortSignal) => AsyncIterable<LiveEvent>,
): Promise<void> {
  const gone = new AbortController();
  reply.hijack();
  const { raw } = reply;
  raw.on("close", () => gone.abort());
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
  raw.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  raw.flushHeaders();
  const problem = (detail: string): void => void raw.write(`event: problem\ndata: ${JSON.stringify({ detail })}\n\n`);
  const alive = setInterval(() => raw.write(": alive\n\n"), aliveEveryMs);
  const look = setInterval(() => {
    void request.isStillLetIn().then((isIn) => {
      if (isIn || gone.signal.aborted) return;
      problem("whoever asked may not see this any more; log in again");
      gone.abort();
    });
  }, lookEveryMs);
  try {
    for await (const { event, id, data } of source(gone.signal)) {
      const lines = [...(event ? [`event: ${event}`] : []), ...(id ? [`id: ${id}`] : []), `data: ${JSON.stringify(data)}`];
      if (!raw.write(`${lines.join("\n")}\n\n`)) await once(raw, "drain", { signal: gone.signal });
    }
  } catch (error) {
    if (!gone.signal.aborted) {
      request.log.error(error);
      problem("what is shown live has ended; connect again");
    }
  } finally {
    clearInterval(alive);
    clearInterval(look);
    raw.end();
  }
}
