import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { test } from "node:test";
import { everywhere } from "./access-fixture.ts";
import { guardedControl } from "./access-fixture-http.ts";

/** All that a stream tells until it ends, and that it has begun. */
async function watched(url: string, headers: Record<string, string>): Promise<{ readonly whole: Promise<string> }> {
  const asked = request(url, { headers });
  asked.end();
  const [response] = (await once(asked, "response")) as [AsyncIterable<Buffer> & { statusCode: number }];
  assert.equal(response.statusCode, 200);
  const read = async (): Promise<string> => {
    let text = "";
    for await (const chunk of response) text += chunk.toString();
    return text;
  };
  return { whole: read() };
}

test("what is live ends for whoever may see it no longer, and for nobody else", async (t) => {
  const { app, access, bearer, browser, surroundings } = await guardedControl(t);
  const url = `${await app.listen({ port: 0 })}/api/v1`;
  const admin = { name: "test" };
  const eva = await browser("eva", everywhere("viewer"));
  const ian = await browser("ian", everywhere("operator"));
  const machine = await bearer(everywhere("viewer"));
  const ends = {
    locked: await watched(`${url}/events/live`, eva),
    lessened: await watched(`${url}/incidents/live`, ian),
    removed: await watched(`${url}/overview/live`, machine),
  };
  let hasEnded = false;
  const kept = (await watched(`${url}/events/live`, await browser("kim", everywhere("viewer")))).whole.finally(
    () => (hasEnded = true),
  );
  await access.users.change(admin, "eva", { isLocked: true });
  await access.users.change(admin, "ian", { grants: [{ role: "viewer", services: ["billing"] }] });
  await access.tokens.remove(admin, (await access.tokens.list())[0]!.id);
  for (const [why, { whole }] of Object.entries(ends))
    assert.match(await whole, /event: problem\ndata: .*may not see this any more.*\n\n$/, why);
  assert.equal(hasEnded, false);
  // To be looked after is no use: who only watches is logged out as who does nothing.
  await surroundings.clock.advance(13 * 3_600_000);
  assert.match(await kept, /may not see this any more/);
});
