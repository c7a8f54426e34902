import type { Header, NewRecord } from "throughline";

type Text = string | Uint8Array | null;

/** A record that somebody else wrote: by default an order.placed event without a flaw. */
export interface Foreign {
  /** Attributes to change; null leaves one out. Without the `ce_`. */
  readonly ce?: Readonly<Record<string, Text>>;
  readonly contentType?: Text;
  /** Text and bytes as they are, null as a tombstone, anything else as JSON. */
  readonly value?: unknown;
  readonly key?: Text;
  readonly more?: readonly Header[];
}

export function goodData(subject: string): { order_id: string; tenant_id: string; total: number; placed_at: string } {
  return { order_id: subject, tenant_id: "t-1", total: 5, placed_at: "2026-02-03T04:05:06Z" };
}

export function foreignRecord(
  subject: string,
  { ce = {}, contentType = "application/json", value = goodData(subject), key = subject, more = [] }: Foreign = {},
): NewRecord {
  const attributes: Record<string, Text> = {
    specversion: "1.0",
    id: `id-${subject}`,
    source: "/legacy",
    type: "order.placed",
    subject,
    time: "2026-02-03T04:05:06Z",
    ...ce,
  };
  const headers = Object.entries(attributes).flatMap(([name, text]): Header[] =>
    text === null ? [] : [[`ce_${name}`, bytes(text)]],
  );
  if (contentType !== null) headers.push(["content-type", bytes(contentType)]);
  return { topic: "order", key: bytes(key), value: bytes(value), headers: [...headers, ...more] };
}

/** The sequence headers of our own numbering. */
export const numbered = (sequence: Text, more: Readonly<Record<string, Text>> = {}): Record<string, Text> => ({
  sequence,
  sequencetype: "throughline",
  ...more,
});

/** The same event in structured mode: `envelope` changes the event, text stands as it is. */
export function structuredRecord(subject: string, envelope: Readonly<Record<string, unknown>> | string): NewRecord {
  const event = {
    specversion: "1.0",
    id: `id-${subject}`,
    source: "/legacy",
    type: "order.placed",
    subject,
    data: goodData(subject),
  };
  const value = typeof envelope === "string" ? envelope : JSON.stringify({ ...event, ...envelope });
  return {
    topic: "order",
    key: bytes(subject),
    value: bytes(value),
    headers: [["content-type", bytes("application/cloudevents+json; charset=UTF-8")]],
  };
}

/** The letter A with a byte that UTF-8 never has. */
export const badUtf8 = Uint8Array.of(0x41, 0xff);

function bytes(content: unknown): Uint8Array;
function bytes(content: null): null;
function bytes(content: unknown): Uint8Array | null {
  if (content === null || content instanceof Uint8Array) return content;
  return Buffer.from(typeof content === "string" ? content : JSON.stringify(content));
}
