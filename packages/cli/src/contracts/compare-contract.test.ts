import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { EventContract } from "throughline";
import { contractOf, planOf } from "../../test/contracts-fixture.ts";
import { agreedByLock } from "./agreed-source.ts";
import { codeContracts } from "./code-contracts.ts";
import { type ComparedContract, compareContract } from "./compare-contract.ts";
import { nextLock } from "./next-lock.ts";

const text = { type: "string" };
const number = { type: "integer" };

/** What is said of a contract where others were agreed on, one after the other. */
async function compared(contract: EventContract, ...agreed: readonly EventContract[]): Promise<ComparedContract> {
  let lock = null;
  for (const each of agreed) {
    const contracts = codeContracts([planOf("orders", [each])]);
    const now = contracts.map((one) => ({ contract: one, registered: null, before: null }));
    lock = nextLock({ previous: lock, registry: null, services: new Set(), contracts, agreed: now });
  }
  const [inCode] = codeContracts([planOf("orders", [contract])]);
  return compareContract(inCode!, lock === null ? { find: async () => null } : agreedByLock(lock));
}

const kinds = ({ differences }: ComparedContract): string[] => differences.map(({ kind }) => kind);
const type = "order.completed";

describe("a contract in the code, compared with what was agreed", () => {
  test("is new where nothing was", async () => {
    assert.equal((await compared(contractOf(type))).status, "new");
  });

  test("is the same where nothing changed but its description", async () => {
    assert.equal(
      (await compared(contractOf(type, { note: text }, { description: "Done." }), contractOf(type, { note: text }))).status,
      "same",
    );
  });

  test("changes and breaks nobody where an optional property comes or goes", async () => {
    const came = await compared(contractOf(type, { note: text }), contractOf(type));
    assert.deepEqual([came.status, came.changes], ["compatible", ["/properties/note is only in the code"]]);
    assert.equal((await compared(contractOf(type), contractOf(type, { note: text }))).status, "compatible");
  });

  test("breaks with kind, place and sentence, in both directions, and is told what to do", async () => {
    const { status, differences, todo } = await compared(contractOf(type, { note: number }), contractOf(type, { note: text }));
    assert.equal(status, "breaking");
    assert.partialDeepStrictEqual(differences, [
      { kind: "type_narrowed", path: "/note", pointer: "/properties/note/type", direction: "backward" },
      { kind: "type_narrowed", path: "/note", pointer: "/properties/note/type", direction: "forward" },
    ]);
    assert.match(todo ?? "", /define version 2: defineEvent\("order\.completed", \{ version: 2, upcast: \{ 1:/);
  });

  test("breaks by a schema that it had before the last one", async () => {
    const found = await compared(contractOf(type, { note: number }), contractOf(type, { note: text }), contractOf(type));
    assert.deepEqual(kinds(found), ["type_narrowed", "type_narrowed"]);
  });

  test("breaks when a property that was always there may be missing, for who reads it", async () => {
    const found = await compared(contractOf(type, { note: text }), contractOf(type, { note: text }, { required: ["note"] }));
    assert.partialDeepStrictEqual(found.differences, [{ kind: "required_added", direction: "forward" }]);
  });

  test("breaks when its stream or its subject is another", async () => {
    assert.deepEqual(kinds(await compared(contractOf(type, {}, { stream: "orders" }), contractOf(type))), ["stream_changed"]);
    const bySku = contractOf(type, { sku: text }, { required: ["sku"], subject: "sku" });
    assert.deepEqual(kinds(await compared(bySku, contractOf(type, { sku: text }, { required: ["sku"] }))), ["subject_changed"]);
  });

  test("of a new version breaks who reads the older one's events, unless they are lifted or can be read as they are", async () => {
    const first = contractOf(type, { note: text });
    const second = (upcast?: Record<number, (old: object) => object>) =>
      contractOf(type, { total: number }, { version: 2, required: ["total"], ...(upcast === undefined ? {} : { upcast }) });
    const unlifted = await compared(second(), first);
    assert.deepEqual(kinds(unlifted), ["upcaster_missing"]);
    assert.match(
      unlifted.differences[0]?.message ?? "",
      /events of version 1 cannot be read as version 2, and no upcaster lifts them: "\/total" must be there in version 2; version 1 does not/,
    );
    assert.match(unlifted.todo ?? "", /upcast: \{ 1: \(old\) => … \}/);
    assert.equal((await compared(second({ 1: (old) => ({ ...old, total: 0 }) }), first)).status, "new");
    assert.equal((await compared(contractOf(type, { other: text }, { version: 2 }), first)).status, "new");
    const third = (upcast: Record<number, (old: object) => object>) =>
      contractOf(type, { total: number }, { version: 3, required: ["total"], upcast });
    assert.equal((await compared(third({ 2: (old) => old }), first)).status, "new");
    assert.deepEqual(kinds(await compared(third({ 1: (old) => old }), first, second({ 1: (old) => old }))), []);
  });
});
