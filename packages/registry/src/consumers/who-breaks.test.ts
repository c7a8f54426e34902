import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PublishedContract, ReadContract } from "throughline/system-topics";
import { canDeploy } from "./can-deploy.ts";
import { Readings } from "./reading.ts";
import type { RunningVersion } from "./running-services.ts";
import { whoBreaks } from "./who-breaks.ts";

const text = { type: "string" };
const whole = { type: "integer" };
const object = (properties: Record<string, object>, required: string[] = Object.keys(properties)): object => ({
  type: "object",
  properties,
  required,
});
const facts = { type: "order.completed", version: 1, stream: "order", subject: "order_id", tenant: "tenant_id" };
const before: PublishedContract = {
  ...facts,
  compacted: false,
  schema: { ...object({ order_id: text, tenant_id: text, total: whole, email: text }), additionalProperties: false },
};
const withOut = (name: string, more: object = {}): PublishedContract => {
  const properties = { ...(before.schema["properties"] as Record<string, object>), ...more };
  delete properties[name];
  return { ...before, schema: { ...object(properties), additionalProperties: false } };
};
const reads = (properties: Record<string, object>, more: Partial<ReadContract> = {}): ReadContract => ({
  ...facts,
  schema: object(properties) as ReadContract["schema"],
  lifts: [],
  adopted: false,
  ...more,
});
const runs = (
  service: string,
  read: ReadContract[],
  more: Partial<RunningVersion> & { publishes?: string[]; order?: "sequential" | "any" } = {},
): RunningVersion => ({
  service,
  version: "1.0.0",
  instances: [`${service}-1`],
  contracts: { publishes: [], handlers: [{ name: "handle", order: more.order ?? "any", reads: read }] },
  whyUnknown: null,
  handles: [
    { handler: "handle", types: read.map(({ type, version }) => ({ type, version })), streams: read.map(({ stream }) => stream) },
  ],
  publishes: [],
  ...more,
});
const orders = (published: PublishedContract[] = [before]): RunningVersion => ({
  ...runs("orders", []),
  contracts: { publishes: published, handlers: [] },
  publishes: published.map(({ type }) => type),
});
const silent = (service: string, more: Partial<RunningVersion> = {}): RunningVersion => ({
  ...runs(service, [reads({})]),
  contracts: null,
  whyUnknown: "it runs code that does not tell it",
  ...more,
});
const named = (publishes: PublishedContract[], running: RunningVersion[], service = "orders") =>
  whoBreaks({ service, publishes }, running).breaks.map(({ consumer, kind, path }) =>
    `${consumer.service} ${kind} ${path}`.trim(),
  );

describe("a change of what is published", () => {
  test("breaks who reads what it takes away, and nobody else", () => {
    const running = [
      orders(),
      runs("billing", [reads({ total: whole })]),
      runs("mails", [reads({ email: text })]),
      runs("reports", [reads({ other: text }, { schema: object({ email: text }, []) as ReadContract["schema"] })]),
    ];
    assert.deepEqual(named([withOut("email")], running), ["mails required_added /email"]);
    assert.deepEqual(named([withOut("", { note: text })], running), []);
    assert.deepEqual(named([withOut("", { total: text })], running), ["billing type_narrowed /total"]);
  });

  test("says who, what, where and why", () => {
    const { breaks, checked } = whoBreaks({ service: "orders", publishes: [withOut("email")] }, [
      orders(),
      runs("mails", [reads({ email: text })]),
    ]);
    assert.deepEqual(breaks, [
      {
        kind: "required_added",
        path: "/email",
        pointer: "/required",
        message: '"/email" must be there in mails 1.0.0, handler "handle"; orders does not require it',
        isCertain: true,
        consumer: { service: "mails", version: "1.0.0", handler: "handle" },
        type: "order.completed",
        version: 1,
        publisher: "orders",
      },
    ]);
    assert.deepEqual(checked, [{ service: "mails", version: "1.0.0", handler: "handle" }]);
  });

  test("breaks who does not know the version, expects another stream, subject or tenant, or needs every event", () => {
    const running = [orders(), runs("billing", [reads({ total: whole })], { order: "sequential" })];
    assert.deepEqual(named([{ ...before, version: 2 }], running), ["billing version_newer"]);
    assert.deepEqual(named([{ ...before, stream: "orders" }], running), ["billing stream_changed"]);
    assert.deepEqual(named([{ ...before, subject: "email" }], running), ["billing subject_changed"]);
    assert.deepEqual(named([{ ...before, tenant: null }], running), ["billing tenant_changed"]);
    assert.deepEqual(named([{ ...before, compacted: true }], running), ["billing stream_compacted"]);
    assert.deepEqual(named([before], running), []);
    const anyTenant = runs("billing", [reads({ total: whole }, { tenant: null })]);
    assert.deepEqual(named([{ ...before, tenant: null, compacted: true }], [orders(), anyTenant]), []);
  });

  test("breaks who reads what nobody publishes any more", () => {
    const running = [orders(), runs("billing", [reads({ total: whole })])];
    assert.deepEqual(named([], running), ["billing contract_removed"]);
    assert.deepEqual(named([], [...running, { ...orders(), service: "shop" }]), []);
    const elsewhere = whoBreaks({ service: "orders", publishes: [], publishedElsewhere: new Set(["order.completed"]) }, running);
    assert.deepEqual(elsewhere.breaks, []);
    assert.deepEqual(named([], running, "pricing"), []);
  });

  test("breaks nobody whose upcaster lifts it, and whom it has broken before", () => {
    const lifted = runs("billing", [reads({ sum: whole }, { version: 2, lifts: [1] })]);
    assert.deepEqual(named([before], [orders(), lifted]), []);
    assert.deepEqual(named([before], [orders(), runs("billing", [reads({ sum: whole }, { version: 2 })])]), []);
    const strict = runs("billing", [reads({ sum: whole })]);
    const { breaks, already } = whoBreaks({ service: "orders", publishes: [withOut("email")] }, [orders(), strict]);
    assert.deepEqual([breaks.length, already.map(({ kind }) => kind)], [0, ["required_added"]]);
    assert.deepEqual(named([before], [strict]), ["billing required_added /sum"]);
  });

  test("breaks of its own instances that are replaced only those that would refuse its data", () => {
    const own = {
      ...orders(),
      contracts: { publishes: [before], handlers: [{ name: "own", order: "any" as const, reads: [reads({ email: text })] }] },
    };
    assert.deepEqual(named([{ ...before, version: 2 }], [own]), []);
    assert.deepEqual(named([], [own]), []);
    assert.deepEqual(named([withOut("email")], [own]), ["orders required_added /email"]);
  });

  test("breaks every version of a rolling deploy by itself", () => {
    const running = [
      orders(),
      runs("billing", [reads({ email: text })]),
      runs("billing", [reads({ total: whole })], { version: "1.1.0" }),
    ];
    assert.deepEqual(
      whoBreaks({ service: "orders", publishes: [withOut("email")] }, running).breaks.map(({ consumer }) => consumer.version),
      ["1.0.0"],
    );
  });
});

describe("a consumer that does not tell what it reads", () => {
  const certainty = (publishes: PublishedContract[], running: RunningVersion[]) =>
    whoBreaks({ service: "orders", publishes }, running).breaks.map(
      ({ consumer, kind, isCertain }) => `${consumer.service} ${kind} ${isCertain}`,
    );

  test("is one of which nobody can tell, unless the change lets out nothing else", () => {
    assert.deepEqual(certainty([withOut("email")], [orders(), silent("old")]), ["old contracts_unknown false"]);
    assert.deepEqual(certainty([withOut("", { note: text })], [orders(), silent("old")]), ["old contracts_unknown false"]);
    assert.deepEqual(certainty([before], [orders(), silent("old")]), []);
    const narrower = withOut("", { total: { type: "integer", minimum: 5 } });
    assert.deepEqual(certainty([narrower], [orders(), silent("old")]), []);
    assert.deepEqual(certainty([before], [silent("old")]), ["old contracts_unknown false"]);
  });

  test("is broken for sure by a version or a stream that it does not know, and by what is gone", () => {
    assert.deepEqual(certainty([{ ...before, version: 2 }], [orders(), silent("old")]), ["old version_newer true"]);
    assert.deepEqual(certainty([{ ...before, stream: "next" }], [orders(), silent("old")]), ["old stream_changed true"]);
    assert.deepEqual(certainty([], [orders(), silent("old")]), ["old contract_removed true"]);
  });

  test("may be a consumer group of somebody else's, which reads a whole stream", () => {
    const group = silent("reports", { version: null, handles: [{ handler: null, types: null, streams: ["order"] }] });
    assert.deepEqual(certainty([withOut("email")], [orders(), group]), ["reports contracts_unknown false"]);
    assert.deepEqual(certainty([before], [orders(), group]), []);
    assert.deepEqual(certainty([], [orders(), group]), ["reports contracts_unknown false"]);
    assert.deepEqual(
      certainty(
        [{ ...before, stream: "next" }],
        [orders(), { ...group, handles: [{ ...group.handles[0]!, streams: ["other"] }] }],
      ),
      [],
    );
  });
});

describe("whether a service can be deployed", () => {
  const billing = (read: ReadContract) => ({
    service: "billing",
    version: "2.0.0",
    contracts: { publishes: [], handlers: [{ name: "handle", order: "any" as const, reads: [read] }] },
  });
  const answer = (read: ReadContract, running: RunningVersion[], agreed: PublishedContract[] = []) => {
    const verdict = canDeploy(billing(read), { running, agreed });
    return [verdict.answer, ...[...verdict.breaks, ...verdict.unknown].map(({ kind, publisher }) => `${kind} of ${publisher}`)];
  };

  test("is asked of what others publish now, too", () => {
    assert.deepEqual(answer(reads({ total: whole }), [orders()]), ["yes"]);
    assert.deepEqual(answer(reads({ sum: whole }), [orders()]), ["no", "required_added of orders"]);
    assert.deepEqual(answer(reads({ total: whole }), [orders([{ ...before, version: 2 }])]), ["no", "version_newer of orders"]);
  });

  test("and of what may still stand in the log", () => {
    const older = withOut("total", { sum: whole });
    assert.deepEqual(answer(reads({ total: whole }), [orders()], [older, before]), ["no", "required_added of null"]);
    const nextRead = reads({ total: whole }, { version: 2, lifts: [1] });
    const next = { ...before, version: 2 };
    assert.deepEqual(answer(nextRead, [orders([next])], [older, next]), ["yes"]);
    // That somebody agreed on a version does not mean that it is published.
    assert.deepEqual(answer(reads({ total: whole }), [orders()], [before, next]), ["yes"]);
  });

  test("nobody can tell of a publisher that does not tell what it publishes", () => {
    const shy = { ...silent("orders"), handles: [], publishes: ["order.completed"] };
    assert.deepEqual(answer(reads({ total: whole }), [shy]), ["unknown", "contracts_unknown of orders"]);
  });

  test("what nobody publishes is waited for, and no reason not to deploy", () => {
    const verdict = canDeploy(billing(reads({ total: whole })), { running: [], agreed: [] });
    assert.deepEqual([verdict.answer, verdict.unpublished], ["yes", [{ type: "order.completed", handler: "handle" }]]);
  });

  test("what it breaks already as it runs is no reason either", () => {
    const verdict = canDeploy(billing(reads({ sum: whole })), {
      running: [orders(), runs("billing", [reads({ sum: whole })])],
      agreed: [],
    });
    assert.deepEqual([verdict.answer, verdict.already.map(({ kind }) => kind)], ["yes", ["required_added"]]);
  });
});

describe("events that are not written as JSON", () => {
  const field = (name: string, type: unknown, more: object = {}): object => ({ name, type, ...more });
  const avro = (...fields: object[]) => ({
    schemaType: "AVRO" as const,
    schema: JSON.stringify({ type: "record", name: "Order", fields: [field("order_id", "string"), ...fields] }),
  });
  const kinds = (
    written: PublishedContract["encoding"],
    known: ReadContract["encoding"],
    more: Partial<PublishedContract> = {},
  ) =>
    new Readings()
      .breaks(
        { ...before, ...more, encoding: written ?? null },
        reads({ total: whole }, { encoding: known ?? null, version: more.version === undefined ? 1 : 2, lifts: [1] }),
        "any",
        { writer: "orders", reader: "billing" },
      )
      .map(({ kind, isCertain }) => `${kind}${isCertain ? "" : "?"}`);
  const total = field("total", "long");

  test("break who reads JSON, or another form, and not who reads JSON beside its own", () => {
    assert.deepEqual(kinds(avro(total), null), ["encoding_changed"]);
    assert.deepEqual(kinds(avro(total), { schemaType: "PROTOBUF", schema: 'syntax = "proto3"; message Order {}' }), [
      "encoding_changed",
    ]);
    assert.deepEqual(kinds(null, avro(total)), []);
    assert.deepEqual(kinds(avro(total), avro(total)), []);
  });

  test("break who cannot resolve the schema, unless they are of an older version", () => {
    assert.deepEqual(kinds(avro(field("total", "string")), avro(total)), ["type_narrowed"]);
    assert.deepEqual(kinds(avro(field("total", "string")), avro(total), { version: 1 }), []);
    assert.deepEqual(kinds(avro(field("total", "int")), avro(total)), []);
    const instant = (unit: string) => avro(field("total", { type: "long", logicalType: `timestamp-${unit}` }));
    assert.deepEqual(kinds(instant("millis"), instant("micros")), ["logical_type_changed"]);
    assert.deepEqual(kinds(instant("millis"), instant("millis")), []);
  });

  test("may have what is absent filled in, so that nobody can tell that it is missed", () => {
    const schema = { ...object({ order_id: text }), additionalProperties: false };
    assert.deepEqual(kinds(avro(), avro(field("total", "long", { default: 0 })), { schema }), ["required_added?"]);
  });
});

test("in draft-07 what stands beside a reference does not count, and what closes an object does", () => {
  const of = (schema: object): PublishedContract["schema"] => ({ $schema: "http://json-schema.org/draft-07/schema#", ...schema });
  const kinds = (writer: object, reader: object): string[] =>
    new Readings()
      .breaks({ ...before, schema: of(writer) }, reads({}, { schema: of(reader) }), "any", {
        writer: "orders",
        reader: "billing",
      })
      .map(({ kind }) => kind);
  const definitions = { n: { type: "object", properties: { n: { type: "integer" } } } };
  const beside = { $ref: "#/definitions/n", required: ["n"], definitions };
  assert.deepEqual(kinds({ ...definitions.n, additionalProperties: false }, beside), []);
  assert.deepEqual(kinds(beside, { required: ["n"] }), ["required_added"]);
  const closed = { allOf: [definitions.n], unevaluatedProperties: false };
  assert.deepEqual(kinds(closed, { properties: { other: text } }), []);
});

test("a proof that takes too long is one of which nobody can tell", () => {
  const choice = (depth: number): object =>
    depth === 0 ? { minLength: 1 } : { anyOf: [0, 1, 2].map((n) => ({ allOf: [choice(depth - 1), { not: { const: n } }] })) };
  const found = new Readings().breaks(
    { ...before, schema: choice(6) as PublishedContract["schema"] },
    reads({}, { schema: { oneOf: [choice(5), choice(4), { type: "null" }] } }),
    "any",
    { writer: "orders", reader: "billing" },
  );
  assert.ok(
    found.some(({ kind, isCertain }) => kind === "too_complex" && !isCertain),
    JSON.stringify(found.map(({ kind }) => kind)),
  );
});
