import { type Audit, audited } from "../audit/create-audit.ts";
import { controlError } from "../errors/catalogue.ts";
import type { AccessStore, NeededAdmin, StoredUser, UserChange, UserChanged } from "./access-store.ts";
import type { Actor } from "./actor.ts";
import { type Grant, grantProblems } from "./grants.ts";
import { passwordProblem, type Passwords } from "./passwords.ts";

export interface UsersOptions {
  readonly store: AccessStore;
  readonly passwords: Passwords;
  readonly audit: Audit;
  readonly now: () => number;
  readonly newId: () => string;
  readonly needed: NeededAdmin;
}

export interface NewUser {
  readonly name: string;
  readonly password: string;
  readonly grants: readonly Grant[];
}

export interface UserEdit {
  readonly password?: string;
  readonly grants?: readonly Grant[];
  readonly isLocked?: boolean;
}

/** No "@", which stands in names that a provider gives, and no ":", which stands in those of tokens. */
const aUserName = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const reserved: ReadonlySet<string> = new Set(["local", "unknown"]);

export const userNameOf = (given: string): string => given.trim().toLowerCase();

/** The users of this control plane, those of no provider. Every change is in the audit before it is made. */
export class Users {
  readonly #options: UsersOptions;

  constructor(options: UsersOptions) {
    this.#options = options;
  }

  list(): Promise<StoredUser[]> {
    return this.#options.store.users();
  }

  /** @throws ACCESS_INVALID, ACCESS_EXISTS */
  async add(actor: Pick<Actor, "name">, given: NewUser): Promise<StoredUser> {
    const user = await this.#made(actor, given);
    if ((await this.#options.store.user(user.name)) !== null) throw exists(user.name);
    return this.#audited(actor, "add-user", user.name, described(user.grants), async () => {
      if (!(await this.#options.store.addUser(user))) throw exists(user.name);
      return user;
    });
  }

  /** The admin that comes first, and only while there is nobody. @throws ACCESS_SETUP_OVER, ACCESS_INVALID */
  async addFirst(given: Omit<NewUser, "grants">): Promise<StoredUser> {
    const { store } = this.#options;
    const user = await this.#made({ name: "setup" }, { ...given, grants: [{ role: "admin", services: null }] });
    if ((await store.users()).length > 0) throw controlError("ACCESS_SETUP_OVER", {});
    return this.#audited({ name: "setup" }, "add-user", user.name, "the first admin", async () => {
      if (!(await store.addFirstUser(user))) throw controlError("ACCESS_SETUP_OVER", {});
      return user;
    });
  }

  /** A new password, a lock, or other grants end what needs no password any more: the user's sessions, but for one. */
  async change(actor: Pick<Actor, "name">, name: string, edit: UserEdit, keepSession: string | null = null): Promise<StoredUser> {
    const { store, passwords } = this.#options;
    const user = await this.get(name);
    refuseProblems("user", [
      ...(edit.grants === undefined ? [] : grantProblems(edit.grants)),
      ...passwordProblems(edit.password, name),
    ]);
    const endsSessions = edit.password !== undefined || edit.isLocked === true;
    const change: UserChange = {
      ...(edit.password === undefined ? {} : { passwordHash: await passwords.hash(edit.password) }),
      ...(edit.grants === undefined ? {} : { grants: edit.grants }),
      ...(edit.isLocked === undefined ? {} : { isLocked: edit.isLocked }),
      ...(endsSessions ? { endSessions: { except: keepSession } } : {}),
    };
    await this.#audited(actor, "change-user", name, editDescribed(edit), async () =>
      this.#done(await store.changeUser(name, change, this.#options.needed), name),
    );
    return { ...user, ...change };
  }

  async remove(actor: Pick<Actor, "name">, name: string): Promise<void> {
    await this.get(name);
    await this.#audited(actor, "remove-user", name, undefined, async () =>
      this.#done(await this.#options.store.removeUser(name, this.#options.needed), name),
    );
  }

  /** @throws CONTROL_NOT_FOUND */
  async get(name: string): Promise<StoredUser> {
    const user = await this.#options.store.user(name);
    if (user === null) throw noSuchUser(name);
    return user;
  }

  async #made({ name: createdBy }: Pick<Actor, "name">, { name: given, password, grants }: NewUser): Promise<StoredUser> {
    const name = userNameOf(given);
    const isName = aUserName.test(name) && !reserved.has(name);
    refuseProblems("user", [
      ...(isName ? [] : ["its name must begin with a letter or digit and have up to 64 of a–z, 0–9, dot, dash and underscore"]),
      ...passwordProblems(password, name),
      ...grantProblems(grants),
    ]);
    const passwordHash = await this.#options.passwords.hash(password);
    return { name, passwordHash, grants, isLocked: false, createdAtMs: this.#options.now(), createdBy, loggedInAtMs: null };
  }

  #audited<T>(
    actor: Pick<Actor, "name">,
    action: "add-user" | "change-user" | "remove-user",
    about: string,
    detail: string | undefined,
    change: () => Promise<T>,
  ): Promise<T> {
    const intent = { action, about, id: this.#options.newId(), ...(detail === undefined ? {} : { detail }) };
    return audited(this.#options.audit, actor, intent, change);
  }

  #done(changed: UserChanged, name: string): void {
    if (changed === "unknown") throw noSuchUser(name);
    if (changed === "last-admin") throw controlError("ACCESS_LAST_ADMIN", { user: name });
  }
}

const exists = (name: string): Error => controlError("ACCESS_EXISTS", { what: `a user "${name}"` });
const noSuchUser = (name: string): Error =>
  controlError("CONTROL_NOT_FOUND", { what: `user "${name}"`, hint: "/users lists them" });

export function refuseProblems(what: string, problems: readonly string[]): void {
  if (problems.length > 0) throw controlError("ACCESS_INVALID", { what, problems });
}

function passwordProblems(password: string | undefined, user: string): string[] {
  const problem = password === undefined ? null : passwordProblem(password, user);
  return problem === null ? [] : [`its password will not do: ${problem}`];
}

/** Grants as the audit has them: `viewer, operator:billing`. */
export const described = (grants: readonly Grant[]): string =>
  grants
    .map(
      ({ role, services, payloads }) =>
        `${role}${payloads === true ? "+payloads" : ""}${services === null ? "" : `:${services.join(",")}`}`,
    )
    .join("; ");

const editDescribed = ({ password, grants, isLocked }: UserEdit): string =>
  [
    ...(password === undefined ? [] : ["a new password"]),
    ...(grants === undefined ? [] : [described(grants)]),
    ...(isLocked === undefined ? [] : [isLocked ? "locked" : "unlocked"]),
  ].join(", ");
