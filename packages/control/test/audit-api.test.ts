import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { auditRecord } from "throughline/system-topics";
import { asToken } from "./as-token.ts";
import { testControl } from "./control-server.ts";
import { SmallLog } from "./small-log.ts";

interface Entry {
  readonly action: string;
  readonly id: string;
}

async function audited(t: TestContext) {
  const small = new SmallLog();
  const atMs = Date.now();
  const of = { handler: "handle", reason: "because" };
  for (let n = 0; n < 5; n++)
    await small.append(
      auditRecord({
        action: "redrive",
        ...of,
        service: n % 2 === 0 ? "billing" : "mailer",
        by: "ada",
        atMs: atMs + n,
        id: `r-${n}`,
        failureId: `f-${n}`,
      }),
      auditRecord({ action: "pause", ...of, service: "billing", by: "bob", atMs: atMs + n, id: `p-${n}` }),
    );
  await small.append(auditRecord({ action: "login", about: "ada", by: "ada", reason: null, atMs: atMs + 9, id: "l-1" }));
  const control = await testControl(t, small.log);
  await control.indexer.catchUp();
  return control;
}
const idsOf = (body: { items: Entry[] }): string[] => body.items.map(({ id }) => id);

test("the audit is read newest first, by who, what and of whom, a page at a time", async (t) => {
  const { get } = await audited(t);
  const seen: string[] = [];
  for (let next: string | null = ""; next !== null;) {
    const { status, body } = await get(`/audit?limit=4${next === "" ? "" : `&cursor=${next}`}`);
    assert.equal(status, 200, JSON.stringify(body));
    seen.push(...idsOf(body));
    next = body.next;
  }
  assert.equal(seen[0], "l-1");
  assert.deepEqual(seen.slice(1, 3).toSorted(), ["p-4", "r-4"]);
  assert.equal(new Set(seen).size, 11);
  assert.deepEqual(idsOf((await get("/audit?service=mailer")).body), ["r-3", "r-1"]);
  assert.deepEqual(idsOf((await get("/audit?by=bob&action=pause&limit=1")).body), ["p-4"]);
  assert.deepEqual(idsOf((await get("/audit?failureId=f-2")).body), ["r-2"]);
  for (const odd of ["x", "1~2", "1~2~3~4", "1e9~0~0"]) assert.equal((await get(`/audit?cursor=${odd}`)).status, 400, odd);
});

test("who may see one service sees what was asked of it; logins are for admins", async (t) => {
  const { app } = await audited(t);
  const mailer = await asToken(app, [{ role: "operator", services: ["mailer"] }]);
  assert.deepEqual(idsOf((await mailer("/audit")).body), ["r-3", "r-1"]);
  assert.deepEqual(idsOf((await mailer("/audit?service=billing")).body), []);
  const viewer = await asToken(app, [{ role: "viewer", services: null }]);
  assert.equal(idsOf((await viewer("/audit")).body).length, 10);
});
