import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryLog, seededSurroundings } from "throughline";
import type { EventLog } from "throughline/seams";
import { audited, createAudit } from "@throughline/control";
import { readTopic } from "@throughline/control/reading";
import { testControl } from "./control-server.ts";

const surroundings = seededSurroundings(5);
const eva = { name: "eva" };
const silence = { action: "silence", about: "billing", id: "s-1", reason: "import" } as const;

async function entriesOn(log: EventLog): Promise<object[]> {
  const entries: object[] = [];
  for await (const { value } of readTopic(log, "throughline.audit")) entries.push(JSON.parse(Buffer.from(value!).toString()));
  return entries;
}

test("who asks for what stands in the log before it is done", async () => {
  const log = createMemoryLog({ surroundings });
  const seen: number[] = [];
  const audit = createAudit({ log, surroundings });
  await audited(audit, eva, silence, async () => void seen.push((await entriesOn(log)).length));
  assert.deepEqual(seen, [1]);
  assert.deepEqual(await entriesOn(log), [{ ...silence, by: "eva", atMs: surroundings.clock.now() }]);
});

test("a change that fails is told of as refused, with its reason", async () => {
  const log = createMemoryLog({ surroundings });
  const audit = createAudit({ log, surroundings });
  await assert.rejects(
    audited(audit, eva, silence, () => Promise.reject(new Error("the disk is full"))),
    /the disk is full/,
  );
  assert.deepEqual(
    (await entriesOn(log)).map((entry) => [(entry as { outcome?: string }).outcome, (entry as { detail?: string }).detail]),
    [
      [undefined, undefined],
      ["refused", "the disk is full"],
    ],
  );
});

test("nothing is changed that could not be written down, and the next change is tried again", async () => {
  const log = createMemoryLog({ surroundings });
  let isAway = true;
  const sometimes = new Proxy<EventLog>(log, {
    get: (target, name) => {
      if (name === "createTopics" && isAway) return () => Promise.reject(new Error("no broker answers"));
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
  const audit = createAudit({ log: sometimes, surroundings });
  let changes = 0;
  const change = () => audited(audit, eva, silence, async () => void changes++);
  await assert.rejects(change(), { code: "CONTROL_AUDIT_UNWRITTEN", retryable: true });
  assert.equal(changes, 0);
  isAway = false;
  await change();
  assert.equal(changes, 1);
});

test("an entry that names no service is indexed like any other", async (t) => {
  const log = createMemoryLog();
  await createAudit({ log, surroundings })(eva, silence);
  const { get, indexer } = await testControl(t, log);
  await indexer.catchUp();
  const { body } = await get("/index");
  assert.deepEqual([body.records, body.undecodable], [1, 0]);
});
