import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { controlError } from "../errors/catalogue.ts";

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt);

export interface PasswordCost {
  /** Memory and time; a power of two. */
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MiB and a third of a second of one core: OWASP's scrypt parameters for this memory. */
export const passwordCost: PasswordCost = { n: 32_768, r: 8, p: 3 };

export const leastPassword = 12;
export const mostPassword = 256;
const hashBytes = 32;
const kept = /^scrypt\$n=(\d{1,8}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]{16,88})\$([\w-]{43})$/;

/** Hashes that run or wait at once: each takes memory and a core, and anybody may ask for one. */
const mostAtOnce = 2;
const mostWaiting = 30;

/**
 * Hashes passwords with scrypt and checks them. A hash carries its parameters, so they can be raised later.
 * Bounded: beyond `mostWaiting`, ACCESS_BUSY.
 */
export class Passwords {
  readonly #cost: PasswordCost;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #decoy: Promise<string> | undefined;

  constructor(cost: PasswordCost = passwordCost) {
    this.#cost = cost;
  }

  async hash(password: string): Promise<string> {
    const { n, r, p } = this.#cost;
    const salt = randomBytes(16);
    const hash = await this.#derived(password, salt, this.#cost);
    return `scrypt$n=${n},r=${r},p=${p}$${salt.toString("base64url")}$${hash.toString("base64url")}`;
  }

  /** Null is a user who is not there, or has no password: it takes as long as a wrong one. */
  async verify(password: string, hash: string | null): Promise<boolean> {
    const match = kept.exec(hash ?? (await (this.#decoy ??= this.hash(randomBytes(16).toString("hex")))));
    if (match === null) return false;
    const [, n, r, p, salt, expected] = match;
    const found = await this.#derived(password, Buffer.from(salt!, "base64url"), { n: Number(n), r: Number(r), p: Number(p) });
    return timingSafeEqual(found, Buffer.from(expected!, "base64url")) && hash !== null;
  }

  /** Whether a hash was made at another cost than is asked for now: the next login makes it anew. */
  isDated(hash: string): boolean {
    const { n, r, p } = this.#cost;
    return !hash.startsWith(`scrypt$n=${n},r=${r},p=${p}$`);
  }

  async #derived(password: string, salt: Buffer, { n, r, p }: PasswordCost): Promise<Buffer> {
    if (this.#running >= mostAtOnce) {
      if (this.#waiting.length >= mostWaiting) throw controlError("ACCESS_BUSY", {});
      await new Promise<void>((go) => this.#waiting.push(go));
    } else this.#running++;
    try {
      // The same password typed on another keyboard may come in another normal form.
      return await derive(password.normalize("NFKC"), salt, hashBytes, { N: n, r, p, maxmem: 256 * n * r });
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

/** What is wrong with a password that somebody chose; null where nothing is. */
export function passwordProblem(password: string, user: string): string | null {
  if ([...password].length < leastPassword) return `it has fewer than ${leastPassword} characters`;
  if (password.length > mostPassword) return `it has more than ${mostPassword} characters`;
  if (new Set(password).size < 5) return "it repeats a few characters";
  return password.toLowerCase().includes(user.toLowerCase()) && user.length >= 4 ? "it holds the user's name" : null;
}
