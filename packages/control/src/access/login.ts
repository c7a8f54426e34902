import { isThroughlineError } from "throughline";
import type { Audit } from "../audit/create-audit.ts";
import { controlError } from "../errors/catalogue.ts";
import type { AccessStore, StoredSession, StoredUser } from "./access-store.ts";
import { LoginLimits } from "./login-limits.ts";
import type { Passwords } from "./passwords.ts";
import { seal, unseal } from "./sealed.ts";
import type { Sessions } from "./sessions.ts";
import { userNameOf, type Users } from "./users.ts";

export interface LoginOptions {
  readonly store: AccessStore;
  readonly users: Users;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly audit: Audit;
  readonly now: () => number;
  readonly newId: () => string;
  /** Told where a login could not be written down: it is no change, so it counts all the same. */
  readonly onUnwritten: (error: Error) => void;
}

export interface Visitor {
  readonly address: string;
  readonly agent: string;
}

export interface Begun {
  readonly session: StoredSession;
  readonly secret: string;
}

const setupOpenMs = 3_600_000;
const setupPurpose = "setup";

/** How people get a session by a password. A wrong name and a wrong password look the same, and take as long. */
export class Login {
  readonly #options: LoginOptions;
  readonly #limits: LoginLimits;
  #setupUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: LoginOptions) {
    this.#options = options;
    this.#limits = new LoginLimits(options.store);
  }

  /** @throws ACCESS_WRONG, ACCESS_TOO_MANY_ATTEMPTS, ACCESS_BUSY */
  async withPassword(given: string, password: string, visitor: Visitor): Promise<Begun> {
    const { store, passwords, now } = this.#options;
    const name = userNameOf(given);
    const giveBack = await this.#limits.begin(name, visitor.address, now());
    const user = await store.user(name);
    const isRight = await verifiedOr(giveBack, passwords.verify(password, user?.passwordHash ?? null));
    if (!isRight || user === null || user.isLocked) {
      await this.#tell("login-failed", user?.name ?? null, visitor);
      throw controlError("ACCESS_WRONG", {});
    }
    await giveBack();
    const begun = await this.#options.sessions.begin({ user: name, grants: null, ...visitor });
    await this.#noteLogin(user, password, begun);
    await this.#tell("login", name, visitor);
    return begun;
  }

  /** Checks the password of somebody who is logged in, by the same limits. @throws as `withPassword` */
  async confirm(name: string, password: string, visitor: Visitor): Promise<void> {
    const { store, passwords, now } = this.#options;
    const giveBack = await this.#limits.begin(name, visitor.address, now());
    const user = await store.user(name);
    if (!(await verifiedOr(giveBack, passwords.verify(password, user?.passwordHash ?? null))))
      throw controlError("ACCESS_WRONG", {});
    await giveBack();
  }

  /**
   * A secret that lets its bearer become the first admin, within an hour, at whichever control plane of the store; null where there are
   * users.
   */
  async openSetup(): Promise<string | null> {
    const { users, store, now } = this.#options;
    if ((await users.list()).length > 0) return null;
    this.#setupUntilMs = now() + setupOpenMs;
    return seal(store.key, setupPurpose, true, this.#setupUntilMs);
  }

  /** Whether a first admin is awaited. */
  async isSetupOpen(): Promise<boolean> {
    const { users, now } = this.#options;
    return this.#setupUntilMs > now() && (await users.list()).length === 0;
  }

  /** @throws ACCESS_SETUP_OVER, ACCESS_INVALID, ACCESS_TOO_MANY_ATTEMPTS */
  async setUp(secret: string, { name, password }: { name: string; password: string }, visitor: Visitor): Promise<Begun> {
    const { users, sessions, store, now } = this.#options;
    const giveBack = await this.#limits.begin(" setup", visitor.address, now());
    if (unseal(store.key, setupPurpose, secret, now()) !== true) throw controlError("ACCESS_SETUP_OVER", {});
    await giveBack();
    const user = await users.addFirst({ name, password });
    const begun = await sessions.begin({ user: user.name, grants: null, ...visitor });
    await this.#tell("login", user.name, visitor);
    return begun;
  }

  /** A password that was changed meanwhile ended the user's sessions: this one came too late for that, and ends here. */
  async #noteLogin(seen: StoredUser, password: string, { session }: Begun): Promise<void> {
    const { store, passwords, sessions, now } = this.#options;
    const user = await store.user(seen.name);
    if (user === null || user.isLocked || user.passwordHash !== seen.passwordHash) {
      await sessions.end(session.id);
      throw controlError("ACCESS_WRONG", {});
    }
    const anew = passwords.isDated(user.passwordHash) ? { passwordHash: await passwords.hash(password) } : {};
    await store.changeUser(user.name, { loggedInAtMs: now(), ...anew }, "needs-none");
  }

  /** A name that nobody has may be a password in the wrong field, so it is not written down. */
  async #tell(action: "login" | "login-failed", name: string | null, { address }: Visitor): Promise<void> {
    const { audit, newId, onUnwritten } = this.#options;
    const about = name ?? "unknown";
    await audit({ name: about }, { action, about, id: newId(), detail: `from ${address}` }).catch(onUnwritten);
  }
}

/** An attempt that was not even looked at need not count. */
async function verifiedOr(giveBack: () => Promise<void>, verified: Promise<boolean>): Promise<boolean> {
  try {
    return await verified;
  } catch (error) {
    if (isThroughlineError(error)) await giveBack();
    throw error;
  }
}
