import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { GroupInfo } from "throughline/seams";
import type { ServiceAnnouncement, ServiceContracts } from "throughline/system-topics";
import { runningVersions } from "./running-versions.ts";

const nowMs = 1_000_000_000;
const contracts: ServiceContracts = { publishes: [], handlers: [] };

const said = (instance: string, more: Partial<ServiceAnnouncement> = {}): ServiceAnnouncement => ({
  service: "billing",
  instance,
  version: "1.0.0",
  owner: null,
  state: "running",
  startedAtMs: 0,
  atMs: nowMs - 20_000,
  publishes: ["invoice.created"],
  handlers: [],
  outbox: null,
  contracts: "h1",
  ...more,
});
const group = (clientIds: (string | null)[], more: Partial<GroupInfo> = {}): GroupInfo => ({
  group: "billing",
  state: "stable",
  members: clientIds.map((clientId, n) => ({
    id: `member-${n}`,
    clientId,
    instanceId: null,
    partitions: [{ topic: "order", partition: n }],
  })),
  ...more,
});
const running = (instances: ServiceAnnouncement[], groups: GroupInfo[]) =>
  runningVersions({ instances, contractsOf: (each) => (each.contracts === "h1" ? contracts : null) }, groups, nowMs);
const names = (instances: ServiceAnnouncement[], groups: GroupInfo[]) =>
  running(instances, groups).map(
    (each) => `${each.service} ${each.version} ${each.instances.join("+")}${each.contracts ? "" : " ?"}`,
  );

describe("what runs", () => {
  test("is every member of its group, whenever it was heard of", () => {
    const late = said("b1", { atMs: nowMs - 3_600_000 });
    assert.deepEqual(names([late, said("b2")], [group(["b1", "b2"])]), ["billing 1.0.0 b1+b2"]);
  });

  test("is not an instance that stopped, or that left its group by being killed", () => {
    assert.deepEqual(names([said("b1", { state: "stopped" })], [group([])]), []);
    assert.deepEqual(names([said("b1"), said("b2")], [group(["b2"])]), ["billing 1.0.0 b2"]);
  });

  test("may be one that is just joining", () => {
    assert.deepEqual(names([said("b1", { atMs: nowMs - 5_000 })], [group([])]), ["billing 1.0.0 b1"]);
    assert.deepEqual(names([said("b1")], [group([], { state: "rebalancing" })]), ["billing 1.0.0 b1"]);
  });

  test("is, where no group can be asked for, what was heard of within three minutes", () => {
    assert.deepEqual(names([said("b1", { atMs: nowMs - 170_000 })], []), ["billing 1.0.0 b1"]);
    assert.deepEqual(names([said("b1", { atMs: nowMs - 190_000 })], []), []);
  });

  test("is told apart by version, and by what it tells", () => {
    const [b1, b2, b3] = [said("b1"), said("b2", { version: "1.1.0" }), said("b3", { contracts: "h2" })];
    assert.deepEqual(names([b1, b2, b3], [group(["b1", "b2", "b3"])]), [
      "billing 1.0.0 b1",
      "billing 1.1.0 b2",
      "billing 1.0.0 b3 ?",
    ]);
    const [found] = running([b3], [group(["b3"])]);
    assert.equal(found?.whyUnknown, "its record is not in the log");
    const { contracts: _, ...old } = b1;
    assert.equal(running([old], [group(["b1"])])[0]?.whyUnknown, "it runs code that does not tell it");
  });

  test("is also a group that never announced itself, with the streams that it reads", () => {
    const [reports] = running([], [group(["kafkajs", null], { group: "reports" })]);
    assert.deepEqual([reports?.service, reports?.contracts, reports?.instances], ["reports", null, ["kafkajs", "member-1"]]);
    assert.deepEqual(reports?.handles, [{ handler: null, types: null, streams: ["order"] }]);
  });

  test("is a member that a service of ours did not announce", () => {
    assert.deepEqual(names([said("b1")], [group(["b1", "b2"])]), ["billing 1.0.0 b1", "billing null b2 ?"]);
  });
});
