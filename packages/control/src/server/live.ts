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

/**
 * Answers with server-sent events (WHATWG HTML, section 9.2) until the source ends or whoever listens goes away, and no faster than they
 * are read. The source must end when its signal aborts.
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
  const alive = setInterval(() => raw.write(": alive\n\n"), aliveEveryMs);
  try {
    for await (const { event, id, data } of source(gone.signal)) {
      const lines = [...(event ? [`event: ${event}`] : []), ...(id ? [`id: ${id}`] : []), `data: ${JSON.stringify(data)}`];
      if (!raw.write(`${lines.join("\n")}\n\n`)) await once(raw, "drain", { signal: gone.signal });
    }
  } catch (error) {
    if (!gone.signal.aborted) {
      request.log.error(error);
      raw.write(`event: problem\ndata: ${JSON.stringify({ detail: "what is shown live has ended; connect again" })}\n\n`);
    }
  } finally {
    clearInterval(alive);
    raw.end();
  }
}
