import type { ControlApp } from "@throughline/control";
import type { Grant } from "../src/access/grants.ts";

/** Asks below `/api/v1` as a machine with a token of these grants. */
export async function asToken(app: ControlApp, grants: readonly Grant[]) {
  const payload = {
    name: `token-${JSON.stringify(grants).replaceAll(/\W+/g, "-")}`,
    grants,
    expiresAtMs: Date.now() + 3_600_000,
  };
  const made = await app.inject({ method: "POST", url: "/api/v1/tokens", payload });
  const { secret } = made.json<{ secret: string }>();
  // oxlint-disable-next-line typescript/no-explicit-any -- its shape is what each test asserts
  return async (path: string): Promise<{ readonly status: number; readonly body: any }> => {
    const answer = await app.inject({ url: `/api/v1${path}`, headers: { authorization: `Bearer ${secret}` } });
    return { status: answer.statusCode, body: answer.json() };
  };
}
