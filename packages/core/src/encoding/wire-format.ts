const headBytes = 5;

/** Encoded data in Confluent's wire format: a zero byte, the id of its schema in four bytes, and what the encoding writes. */
export function framed(schemaId: number, payload: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(headBytes + payload.length);
  bytes[0] = 0;
  bytes.writeUInt32BE(schemaId, 1);
  bytes.set(payload, headBytes);
  return bytes;
}

/** Whether bytes are in that format: no JSON begins with a zero byte. */
export function isFramed(bytes: Uint8Array): boolean {
  return bytes[0] === 0;
}

/** Null where the bytes end within the id. */
export function unframed(bytes: Uint8Array): { readonly schemaId: number; readonly payload: Uint8Array } | null {
  if (bytes.length < headBytes) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { schemaId: view.getUint32(1), payload: bytes.subarray(headBytes) };
}
