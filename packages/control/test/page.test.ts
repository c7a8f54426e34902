import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { testControl } from "./control-server.ts";
import { SmallLog } from "./small-log.ts";

const html = "<!doctype html><title>page</title>";
const script = `console.log(${JSON.stringify("page ".repeat(200))})`;

/** A built page in a folder with a secret beside it. */
async function served(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "throughline-page-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "secret.json"), "{}");
  const pageDir = join(folder, "page");
  mkdirSync(join(pageDir, "assets"), { recursive: true });
  writeFileSync(join(pageDir, "index.html"), html);
  writeFileSync(join(pageDir, "assets", "index-abc.js"), script);
  writeFileSync(join(pageDir, "notes.txt"), "of no type that a page has");
  const { app } = await testControl(t, new SmallLog().log, { pageDir });
  return (url: string, headers: Record<string, string> = { accept: "text/html" }) => app.inject({ method: "GET", url, headers });
}

test("the page answers at every address that is not the API's, for those who ask for HTML", async (t) => {
  const get = await served(t);
  for (const url of ["/", "/failures", "/flows/an%2Fid.with.dots?wanted=invoice"]) {
    const answer = await get(url);
    assert.equal(answer.statusCode, 200, url);
    assert.equal(answer.body, html);
    assert.equal(answer.headers["cache-control"], "no-store");
  }
  assert.equal((await get("/", {})).statusCode, 200);
  const problem = await get("/failures", { accept: "application/json" });
  assert.equal(problem.statusCode, 404);
  assert.equal(problem.json().code, "CONTROL_NO_ROUTE");
  assert.equal((await get("/api/v1/nothing")).json().code, "CONTROL_NO_ROUTE");
  assert.equal((await get("/api/v1/index")).json().behind, 0);
});

test("a hashed file is kept for ever and sent small, and one that is not there is no page", async (t) => {
  const get = await served(t);
  const plain = await get("/assets/index-abc.js", {});
  assert.equal(plain.body, script);
  assert.match(String(plain.headers["cache-control"]), /immutable/);
  assert.match(String(plain.headers["content-type"]), /^text\/javascript/);
  const zipped = await get("/assets/index-abc.js", { "accept-encoding": "gzip, br" });
  assert.equal(zipped.headers["content-encoding"], "gzip");
  assert.ok(zipped.rawPayload.length < script.length / 4);
  assert.equal(gunzipSync(zipped.rawPayload).toString(), script);
  assert.equal((await get("/assets/index-old.js")).statusCode, 404);
});

test("no path leads out of the page's folder, nor to a file that no page has", async (t) => {
  const get = await served(t);
  for (const url of [
    "/../secret.json",
    "/..%2fsecret.json",
    "/%2e%2e/secret.json",
    "/assets/..%2f..%2fsecret.json",
    "/notes.txt",
    "//etc/passwd",
    "/assets/..\\..\\secret.json",
  ]) {
    const { statusCode, body } = await get(url, { accept: "*/*" });
    assert.ok(statusCode >= 400, url);
    assert.doesNotMatch(body, /^\{\}$|of no type/, url);
  }
});

test("without a built page there is only the API", async (t) => {
  const { app } = await testControl(t, new SmallLog().log, { pageDir: join(tmpdir(), "no-page-here") });
  assert.equal((await app.inject({ url: "/", headers: { accept: "text/html" } })).statusCode, 404);
});
