import { type Audit, audited } from "../audit/create-audit.ts";
import { controlError } from "../errors/catalogue.ts";
import type { AccessStore, StoredToken } from "./access-store.ts";
import { type Actor, actorOf } from "./actor.ts";
import { type Grant, grantProblems } from "./grants.ts";
import { hashOfSecret, newSecret } from "./secrets.ts";
import { described, refuseProblems } from "./users.ts";

export interface NewToken {
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly expiresAtMs: number;
}

export interface TokensOptions {
  readonly store: AccessStore;
  readonly audit: Audit;
  readonly now: () => number;
  readonly newId: () => string;
}

const dayMs = 24 * 60 * 60 * 1000;
const longestMs = 366 * dayMs;
/** Scanners for leaked secrets, and whoever finds one in a file, know by its beginning what it is. */
const prefix = "tlt_";
const aToken = /^tlt_[\w-]{43}$/;
const aName = /^[a-z0-9][a-z0-9._-]{0,63}$/;
/** A use is noted no more often. */
const noteEveryMs = 60_000;

/** Tokens of machines. The secret is told once, when it is made; only its hash is kept. */
export class Tokens {
  readonly #options: TokensOptions;

  constructor(options: TokensOptions) {
    this.#options = options;
  }

  list(): Promise<StoredToken[]> {
    return this.#options.store.tokens();
  }

  /** @throws ACCESS_INVALID, ACCESS_EXISTS */
  async add(
    actor: Pick<Actor, "name">,
    { name, grants, expiresAtMs }: NewToken,
  ): Promise<{ token: StoredToken; secret: string }> {
    const { store, audit, now, newId } = this.#options;
    const createdAtMs = now();
    const isTime = expiresAtMs > createdAtMs && expiresAtMs <= createdAtMs + longestMs;
    refuseProblems("token", [
      ...(aName.test(name)
        ? []
        : ["its name must begin with a letter or digit and have up to 64 of a–z, 0–9, dot, dash and underscore"]),
      ...(isTime ? [] : ["it must end in the future, within 366 days"]),
      ...grantProblems(grants),
    ]);
    const taken = (): Error => controlError("ACCESS_EXISTS", { what: `a token "${name}"` });
    if ((await store.tokens()).some((token) => token.name === name)) throw taken();
    const secret = newSecret(prefix);
    const about = { createdBy: actor.name, createdAtMs, expiresAtMs, usedAtMs: null };
    const token: StoredToken = { id: newId(), hash: hashOfSecret(secret), name, grants, ...about };
    const detail = `${described(grants)}, until ${new Date(expiresAtMs).toISOString()}`;
    return audited(audit, actor, { action: "add-token", about: name, id: newId(), detail }, async () => {
      if (!(await store.addToken(token))) throw taken();
      return { token, secret };
    });
  }

  /** @throws CONTROL_NOT_FOUND */
  async remove(actor: Pick<Actor, "name">, id: string): Promise<void> {
    const { store, audit, newId } = this.#options;
    const token = (await store.tokens()).find((one) => one.id === id);
    const missing = (): Error => controlError("CONTROL_NOT_FOUND", { what: `token "${id}"`, hint: "/tokens lists them" });
    if (token === undefined) throw missing();
    await audited(audit, actor, { action: "remove-token", about: token.name, id: newId() }, async () => {
      if ((await store.endToken(id)) === null) throw missing();
    });
  }

  /** Who comes with a token; null where it is none, or none any more. That it was only looked after is no use of it. */
  async actor(secret: string, isUse = true): Promise<Actor | null> {
    const { store, now } = this.#options;
    if (!aToken.test(secret)) return null;
    const token = await store.token(hashOfSecret(secret));
    const nowMs = now();
    if (token === null || token.expiresAtMs <= nowMs) return null;
    if (isUse && nowMs - (token.usedAtMs ?? 0) >= noteEveryMs) await store.touchToken(token.id, nowMs);
    return actorOf({ name: `token:${token.name}`, kind: "token", grants: token.grants, credential: token.id });
  }
}
