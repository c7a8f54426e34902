import assert from "node:assert/strict";
import { test } from "node:test";
import { withKept } from "../page/router/kept.ts";

test("the tenant goes along to every page, and nothing else does", () => {
  assert.equal(withKept("/failures", "?tenant=acme&state=open&cursor=7"), "/failures?tenant=acme");
  assert.equal(withKept("/failures?view=list", "?tenant=acme%20%26%20co"), "/failures?view=list&tenant=acme+%26+co");
  assert.equal(withKept("/failures?view=list", "?state=open"), "/failures?view=list");
  assert.equal(withKept("/", "?tenant="), "/");
});

test("an address that names a tenant itself keeps its own", () => {
  assert.equal(withKept("/?tenant=zenith", "?tenant=acme"), "/?tenant=zenith");
});
