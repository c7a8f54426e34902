import { createHash, randomBytes } from "node:crypto";

/** A secret that nobody guesses: 256 bits, in letters that need no quoting anywhere. */
export const newSecret = (prefix = ""): string => prefix + randomBytes(32).toString("base64url");

/**
 * What is kept of a random secret. It holds 256 bits, so a plain hash is enough: nobody can try them all. Looking one up by its hash
 * tells by its time nothing of the secret.
 */
export const hashOfSecret = (secret: string): string => createHash("sha256").update(secret).digest("base64url");
