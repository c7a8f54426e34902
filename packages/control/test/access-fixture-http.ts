import type { TestContext } from "node:test";
import type { Grant } from "../src/access/grants.ts";
import type { AccessOptions } from "../src/access/access.ts";
import { accessFixture, type AccessFixture, goodPassword } from "./access-fixture.ts";
import { testControl, type TestControl } from "./control-server.ts";

type Answer = Awaited<ReturnType<TestControl["app"]["inject"]>>;

export interface GuardedControl extends AccessFixture {
  readonly app: TestControl["app"];
  readonly indexer: TestControl["indexer"];
  /** Headers of a machine with a token of these grants. */
  bearer(grants: readonly Grant[]): Promise<Record<string, string>>;
  /** Headers of a browser in which somebody with these grants is logged in. */
  browser(name: string, grants: readonly Grant[]): Promise<Record<string, string>>;
}

/** The API under guard, without a port. */
export async function guardedControl(t: TestContext, options: Partial<AccessOptions> = {}): Promise<GuardedControl> {
  const fixture = await accessFixture(options);
  const { access, log, surroundings } = fixture;
  const { app, indexer } = await testControl(t, log, { access, audit: access.audit });
  t.after(() => access.store.close());
  let made = 0;
  return {
    ...fixture,
    app,
    indexer,
    bearer: async (grants) => {
      const expiresAtMs = surroundings.clock.now() + 3_600_000;
      const { secret } = await access.tokens.add({ name: "test" }, { name: `t${made++}`, grants, expiresAtMs });
      return { authorization: `Bearer ${secret}` };
    },
    browser: async (name, grants) => {
      await access.users.add({ name: "test" }, { name, password: goodPassword, grants });
      return { cookie: sessionOf(await logIn(app, name)), "x-throughline-csrf": "1" };
    },
  };
}

export const logIn = (app: TestControl["app"], user: string, password = goodPassword, headers = {}): Promise<Answer> =>
  app.inject({ method: "POST", url: "/api/v1/session", payload: { user, password }, headers });

/** `name=value` of the session's cookie in an answer. */
export function sessionOf(answer: Answer): string {
  const [cookie] = [answer.headers["set-cookie"] ?? []].flat().filter((one) => /^(?:__Host-)?throughline-session=./.test(one));
  if (cookie === undefined) throw new Error(`no session in ${answer.statusCode} ${answer.body}`);
  return cookie.split(";")[0]!;
}
