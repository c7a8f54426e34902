import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Grant, grantProblems, grantsAllow, parseGrant, type Right, roles, servicesWith } from "./grants.ts";

const rights: readonly Right[] = ["read", "payload", "act", "admin"];
const allowed = (grants: readonly Grant[], service: string | null): Right[] =>
  rights.filter((right) => grantsAllow(grants, right, service));

test("each role may do what the ones before it may", () => {
  assert.deepEqual(allowed([{ role: "viewer", services: null }], "billing"), ["read"]);
  assert.deepEqual(allowed([{ role: "viewer", services: null, payloads: true }], "billing"), ["read", "payload"]);
  assert.deepEqual(allowed([{ role: "operator", services: null }], "billing"), ["read", "payload", "act"]);
  assert.deepEqual(allowed([{ role: "admin", services: null }], "billing"), ["read", "payload", "act", "admin"]);
  assert.deepEqual(allowed([], "billing"), []);
});

test("an operator of billing acts on billing only, and sees the rest only as a viewer of it", () => {
  const billing: Grant = { role: "operator", services: ["billing"] };
  assert.deepEqual(allowed([billing], "billing"), ["read", "payload", "act"]);
  assert.deepEqual(allowed([billing], "shipping"), []);
  assert.deepEqual(allowed([billing], null), []);
  const both = [billing, { role: "viewer", services: null } as const];
  assert.deepEqual(allowed(both, "shipping"), ["read"]);
  assert.deepEqual(allowed(both, null), ["read"]);
  assert.deepEqual(servicesWith(both, "act"), ["billing"]);
  assert.equal(servicesWith(both, "read"), null);
});

test("more grants never take a right away, and a right everywhere is a right on each service", () => {
  const service = fc.constantFrom("billing", "shipping", "mail");
  const grant: fc.Arbitrary<Grant> = fc.record({
    role: fc.constantFrom(...roles),
    services: fc.option(fc.array(service), { nil: null }),
    payloads: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(grant), grant, fc.constantFrom(...rights), service, (grants, more, right, on) => {
      const before = grantsAllow(grants, right, on);
      assert.ok(!before || grantsAllow([...grants, more], right, on));
      assert.ok(!grantsAllow(grants, right) || before);
      assert.equal(grantsAllow(grants, right, on), servicesWith(grants, right)?.includes(on) ?? true);
    }),
  );
});

test("grants that mean nothing, or more than they say, are refused", () => {
  assert.deepEqual(grantProblems([{ role: "operator", services: ["billing"] }]), []);
  assert.match(grantProblems([]).join(), /at least one/);
  assert.match(grantProblems([{ role: "root" as never, services: null }]).join(), /no role/);
  assert.match(grantProblems([{ role: "admin", services: ["billing"] }]).join(), /everywhere/);
  assert.match(grantProblems([{ role: "viewer", services: [] }]).join(), /name the services/);
  assert.match(grantProblems([{ role: "viewer", services: ["a/../b"] }]).join(), /no name of a service/);
  assert.match(grantProblems(Array.from({ length: 21 }, () => ({ role: "viewer" as const, services: null }))).join(), /at most/);
});

test("grants are read as the command line has them", () => {
  assert.deepEqual(parseGrant("admin"), { role: "admin", services: null });
  assert.deepEqual(parseGrant("operator:billing,shipping"), { role: "operator", services: ["billing", "shipping"] });
  assert.deepEqual(parseGrant("viewer+payloads:billing"), { role: "viewer", services: ["billing"], payloads: true });
  for (const text of ["", "root", "admin:billing", "operator:", "operator:a b", "viewer+all"])
    assert.equal(parseGrant(text), null, text);
});
