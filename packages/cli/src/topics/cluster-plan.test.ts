import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TopicPlan } from "throughline/system-topics";
import { type ClusterOptions, clusterPlan } from "./cluster-plan.ts";
import { planAsAcls } from "./plan-as-acls.ts";
import { planAsStrimzi } from "./plan-as-strimzi.ts";
import { planAsTerraform } from "./plan-as-terraform.ts";
import { planAsText, shortfalls } from "./plan-as-text.ts";

const options: ClusterOptions = {
  prefix: "shop.",
  partitions: 6,
  replicas: 3,
  settings: { "max.message.bytes": "2000000" },
  principal: "User:{service}",
  configOf: ({ compacted }) => ({ "cleanup.policy": compacted === true ? "compact" : "delete" }),
};

const orders: TopicPlan = {
  service: "orders",
  group: "orders",
  topics: [
    { spec: { name: "order", partitions: 12, compacted: false }, creator: "service", reads: true, writes: true },
    { spec: { name: "orders.dlt" }, creator: "service", reads: false, writes: true },
    { spec: { name: "throughline.marks", partitions: 1, compacted: true }, creator: "shared", reads: true, writes: true },
  ],
};
const billing: TopicPlan = {
  service: "billing",
  group: "billing",
  topics: [
    { spec: { name: "order", partitions: 3 }, creator: "other", reads: true, writes: false },
    { spec: { name: "stock" }, creator: "other", reads: true, writes: false },
    { spec: { name: "throughline.marks", partitions: 1, compacted: true }, creator: "shared", reads: true, writes: true },
  ],
};

test("topics are planned once, by their publisher's contracts; rights for each service", () => {
  const plan = clusterPlan([billing, orders], options);
  assert.deepEqual(
    plan.topics.map(({ name, partitions, replicas, of }) => ({ name, partitions, replicas, of })),
    [
      { name: "shop.order", partitions: 12, replicas: 3, of: ["orders"] },
      { name: "shop.orders.dlt", partitions: 6, replicas: 3, of: ["orders"] },
      { name: "shop.throughline.marks", partitions: 1, replicas: 3, of: [] },
    ],
  );
  assert.deepEqual(plan.topics[0]?.config, {
    "cleanup.policy": "delete",
    "min.insync.replicas": "2",
    "max.message.bytes": "2000000",
  });
  assert.deepEqual(
    plan.rights.filter(({ service }) => service === "billing").map(({ name, operations }) => `${name}: ${operations.join(" ")}`),
    [
      "shop.order: Read Describe DescribeConfigs",
      "shop.stock: Read Describe DescribeConfigs",
      "shop.throughline.marks: Read Write Describe DescribeConfigs",
      "billing: Read Describe",
    ],
  );
  assert.deepEqual(plan.remarks, [
    '"shop.stock" is read by billing and published by none of these services: it must exist already',
  ]);
});

test("a stream of two publishers is remarked", () => {
  const { remarks } = clusterPlan([orders, { ...orders, service: "shop" }], options);
  assert.ok(remarks.some((remark) => remark.includes('"shop.order" is published by orders and shop')));
});

test("a single copy asks for no second one in sync", () => {
  const { topics } = clusterPlan([orders], { ...options, replicas: 1 });
  assert.equal(topics[0]?.config["min.insync.replicas"], undefined);
});

describe("what differs from the topics that exist", () => {
  const plan = clusterPlan([orders], { ...options, replicas: 1 });
  const marks = { name: "throughline.marks", id: "2", partitions: 1, compacted: true, replicas: 1, retentionMs: null };
  const order = { name: "order", id: "1", partitions: 6, compacted: false, replicas: 1, retentionMs: null };
  const existing = new Map([order, marks].map((topic) => [topic.name, topic]));

  test("is told for each topic", () =>
    assert.deepEqual(shortfalls(plan, existing), [
      { topic: "shop.order", differences: ["it has 6 partitions, not 12"] },
      { topic: "shop.orders.dlt", differences: ["it does not exist"] },
    ]));

  test("stands in the text", () => {
    const text = planAsText(plan, existing, {});
    assert.match(text, /^shop\.order +12 +1 +all +orders +it has 6 partitions, not 12$/m);
    assert.match(text, /^shop\.orders\.dlt .*missing$/m);
    assert.match(text, /^shop\.throughline\.marks +1 +1 +newest of each key +all +as planned$/m);
    assert.match(text, /^User:orders +Read, Write, Describe, DescribeConfigs +topic shop\.order$/m);
  });
});

describe("names and values that a format would read otherwise", () => {
  const odd = clusterPlan([orders], {
    ...options,
    principal: "User:CN=it's ${service}, O=Shop",
    settings: { "a.b": 'a "quoted" %{value}' },
  });

  test("are quoted for a shell", () => {
    const script = planAsAcls(odd);
    assert.ok(script.includes(String.raw`--allow-principal 'User:CN=it'\''s $orders, O=Shop'`), script);
    assert.ok(script.includes(`--config 'a.b=a "quoted" %{value}'`), script);
  });

  test("are no templates of Terraform", () => {
    const file = planAsTerraform(clusterPlan([orders], { ...options, settings: { a: "${b} %{c}" } }));
    assert.ok(file.includes('"a" = "$${b} %%{c}"'), file);
  });

  test("are names that Kubernetes takes, each once", () => {
    const twin = { ...orders, topics: ["Order_1", "order-1"].map((name) => ({ ...orders.topics[0]!, spec: { name } })) };
    const file = planAsStrimzi(clusterPlan([twin], { ...options, prefix: "" }), { cluster: "kafka" });
    assert.deepEqual(file.match(/(?<=^ {2}name: ).*/gm), ['"order-1"', '"order-1-2"', '"orders"']);
    assert.deepEqual(file.match(/(?<=topicName: ).*/g), ['"Order_1"', '"order-1"']);
  });
});
