import type { NewRecord } from "throughline/seams";

/** A record that a test gives as it is. Texts are written as UTF-8. */
export interface GivenRecord {
  /** Decides the partition. Default: null. */
  readonly key?: string | Uint8Array | null;
  readonly value: string | Uint8Array | null;
  readonly headers?: Readonly<Record<string, string | Uint8Array | null>>;
  /** Milliseconds since 1970. Default: now. */
  readonly timestampMs?: number;
}

export function givenRecord(topic: string, { key = null, value, headers = {}, timestampMs }: GivenRecord): NewRecord {
  return {
    topic,
    key: bytesOf(key),
    value: bytesOf(value),
    headers: Object.entries(headers).map(([name, content]) => [name, bytesOf(content)] as const),
    ...(timestampMs === undefined ? {} : { timestampMs }),
  };
}

const bytesOf = (content: string | Uint8Array | null): Uint8Array | null =>
  typeof content === "string" ? Buffer.from(content) : content;
