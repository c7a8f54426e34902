import type { DescFile, DescMessage } from "@bufbuild/protobuf";

/** Where a message stands in its file: its place, or those of the messages around it and its own, the outermost first. */
export function indexesOf(message: DescMessage): number[] {
  const { parent, file } = message;
  const around = parent === undefined ? [] : indexesOf(parent);
  return [...around, (parent?.nestedMessages ?? file.messages).indexOf(message)];
}

/** Null where there is none. */
export function messageAt(file: DescFile, [first = 0, ...rest]: readonly number[]): DescMessage | null {
  let message = file.messages[first];
  for (const index of rest) message = message?.nestedMessages[index];
  return message ?? null;
}

/** As Confluent's wire format has them: how many, and each, as zigzag numbers; the first message of a file alone is a zero. */
export function indexBytes(indexes: readonly number[]): Uint8Array {
  return indexes.length === 1 && indexes[0] === 0
    ? Uint8Array.of(0)
    : Uint8Array.from([indexes.length, ...indexes].flatMap(zigzag));
}

/** The indexes at the beginning of a payload, and the message after them. Throws where there are none. */
export function splitIndexes(payload: Uint8Array): { readonly indexes: readonly number[]; readonly message: Uint8Array } {
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = payload[at++];
      if (byte === undefined) throw new Error("ends within the indexes of its message");
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw new Error("does not begin with the indexes of a message");
  };
  const count = next();
  if (count < 0 || count > deepest) throw new Error("does not begin with the indexes of a message");
  const indexes = count === 0 ? [0] : Array.from({ length: count }, next);
  return { indexes, message: payload.subarray(at) };
}

/** Nobody nests messages deeper. */
const deepest = 100;

function zigzag(value: number): number[] {
  const bytes: number[] = [];
  let rest = value * 2;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}
