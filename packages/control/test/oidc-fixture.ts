import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import Provider, { type Configuration } from "oidc-provider";

export const callback = "http://127.0.0.1:4400/api/v1/session/oidc/callback";

/** What the provider says of somebody: its id is its name. */
export type People = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface TestProvider {
  readonly issuer: string;
  /** Answers everybody with 503. */
  isAway: boolean;
  /** Goes through the provider's pages as a browser would, and answers with where it is sent back to. */
  logIn(url: string, login: string): Promise<URL>;
  /** Says no on its page. */
  abort(url: string): Promise<URL>;
}

/** A real provider of identities, with pages of its own, on a free port. */
export async function startProvider(t: TestContext, people: People, more: Configuration = {}): Promise<TestProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: "throughline", client_secret: "a secret of the client", redirect_uris: [callback] }],
    pkce: { required: () => true },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["preferred_username", "groups", "realm_access"] },
    findAccount: (_context, id) =>
      people[id] === undefined ? undefined : { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
    cookies: { keys: ["a key of a test"] },
    ...more,
  });
  const found: TestProvider = {
    issuer,
    isAway: false,
    logIn: async (url, login) => {
      const browser = new Browser();
      await browser.open(url);
      await browser.submit({ prompt: "login", login, password: "any" });
      return browser.submit({ prompt: "consent" });
    },
    abort: async (url) => {
      const browser = new Browser();
      const page = await browser.open(url);
      return browser.open(new URL(`${page.pathname}/abort`, page).href);
    },
  };
  server.on("request", (request, response) => {
    if (found.isAway) response.writeHead(503).end();
    else void provider.callback()(request, response);
  });
  return found;
}

/** Follows redirects with cookies, up to a page that is no provider's. */
class Browser {
  readonly #cookies = new Map<string, string>();
  #page = new URL("http://127.0.0.1/");

  async open(url: string, init: RequestInit = {}): Promise<URL> {
    let [next, asked] = [new URL(url), init];
    for (let n = 0; n < 10; n++) {
      if (next.href.startsWith(callback)) return next;
      this.#page = next;
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const answer = await fetch(next, { ...asked, redirect: "manual", headers: { ...(asked.headers as object), cookie } });
      for (const one of answer.headers.getSetCookie()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(one) ?? [];
        if (value === "") this.#cookies.delete(name);
        else this.#cookies.set(name, value);
      }
      const location = answer.headers.get("location");
      if (location === null) return next;
      [next, asked] = [new URL(location, next), {}];
    }
    throw new Error("it goes round in circles");
  }

  submit(fields: Record<string, string>): Promise<URL> {
    return this.open(this.#page.href, {
      method: "POST",
      body: new URLSearchParams(fields).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
  }
}
