import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Gives a value to somebody who shall bring it back as it is, and cannot read it. `purpose` is bound into it: what was sealed for one
 * use is of no use for another.
 */
export function seal(key: Buffer, purpose: string, value: unknown, untilMs: number): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(purpose));
  const body = Buffer.concat([cipher.update(JSON.stringify({ value, untilMs }), "utf8"), cipher.final()]);
  return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString("base64url");
}

/** Null: it is no seal of ours for this purpose, or its time is over. */
export function unseal(key: Buffer, purpose: string, sealed: string, nowMs: number): unknown {
  const bytes = Buffer.from(sealed, "base64url");
  if (bytes.length <= nonceBytes + tagBytes) return null;
  try {
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
      .setAAD(Buffer.from(purpose))
      .setAuthTag(bytes.subarray(-tagBytes));
    const text = Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]).toString();
    const { value, untilMs } = JSON.parse(text) as { value: unknown; untilMs: number };
    return untilMs > nowMs ? value : null;
  } catch {
    return null;
  }
}
