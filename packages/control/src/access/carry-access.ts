import type { AccessStore, StoredToken } from "./access-store.ts";

/** What came along, and which names stood for somebody else already. */
export interface CarriedAccess {
  readonly users: number;
  readonly tokens: number;
  readonly sessions: number;
  /** Users that the other store has with another password: theirs stays as it is there. */
  readonly taken: readonly string[];
}

/**
 * Brings users, tokens and open sessions of one store into another. May be repeated. A user whose name is taken there is not brought, nor
 * are its sessions: they would be somebody else's.
 */
export async function carryAccess(from: AccessStore, to: AccessStore, nowMs: number): Promise<CarriedAccess> {
  const taken = new Set<string>();
  const users = await from.users();
  for (const user of users) {
    if (await to.addUser(user)) continue;
    if ((await to.user(user.name))?.passwordHash !== user.passwordHash) taken.add(user.name);
  }
  const tokens = (await from.tokens()).filter(({ expiresAtMs }) => expiresAtMs > nowMs);
  for (const token of tokens) await addTokenAs(to, token);
  const sessions = (await from.sessions(nowMs)).filter(({ user, grants }) => grants !== null || !taken.has(user));
  for (const session of sessions) await to.addSession(session);
  return { users: users.length - taken.size, tokens: tokens.length, sessions: sessions.length, taken: [...taken] };
}

const mostNames = 100;

/** Machines are known by the token itself: where its name is taken it gets another one, and lets them in as before. */
async function addTokenAs(to: AccessStore, token: StoredToken): Promise<void> {
  for (let nth = 1; nth <= mostNames; nth++) {
    if (await to.addToken(nth === 1 ? token : { ...token, name: `${token.name.slice(0, 60)}.${nth}` })) return;
    if ((await to.token(token.hash)) !== null) return;
  }
}
