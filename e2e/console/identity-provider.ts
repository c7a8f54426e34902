import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";

export interface IdentityProvider {
  readonly issuer: string;
  readonly clientSecret: string;
  /** Says where a console is, before somebody logs in there. */
  letIn(consoleUrl: string): void;
  close(): Promise<void>;
}

/** A real provider of identities with pages of its own, on a free port. It believes any password, and knows who is in which groups. */
export async function startIdentityProvider(groups: Readonly<Record<string, readonly string[]>>): Promise<IdentityProvider> {
  const clientSecret = "a secret of the client";
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const letIn = (consoleUrl: string): void => {
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: "throughline",
          client_secret: clientSecret,
          redirect_uris: [`${consoleUrl}/api/v1/session/oidc/callback`],
        },
      ],
      pkce: { required: () => true },
      claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["groups"] },
      findAccount: (_context, id) => ({
        accountId: id,
        claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: true, groups: groups[id] ?? [] }),
      }),
      cookies: { keys: ["a key of a test"] },
    });
    const answer = provider.callback();
    server.removeAllListeners("request");
    server.on("request", (request, response) => void answer(request, response));
  };
  return {
    issuer,
    clientSecret,
    letIn,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
