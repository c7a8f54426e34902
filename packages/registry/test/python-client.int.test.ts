import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { startKafka } from "../../../scripts/services/kafka.ts";
import { startRegistry } from "../src/index.ts";

const run = promisify(execFile);
const bill = { at: "2026-11-26T05:00:00Z", counts: { a: 2 }, line: { sku: "s-1" } };
const billSchema = [
  'syntax = "proto3";',
  "package shop;",
  'import "google/protobuf/timestamp.proto";',
  "message Bill {",
  "  string id = 1;",
  "  .google.protobuf.Timestamp at = 2;",
  "  map<string, int32> counts = 3;",
  "  .shop.Bill.Line line = 4;",
  "  string note = 5;",
  "  message Line {",
  "    string sku = 1;",
  "  }",
  "}",
  "",
].join("\n");
const installed = "confluent-kafka[schemaregistry,avro,json,protobuf]==2.16.1";

// Confluent's own client needs Python; where there is none, or none that can install, nothing is said about it.
const python = await run("python3", ["-c", "import venv, ensurepip; print('ok')"]).then(
  () => true,
  () => false,
);

test(
  "Confluent's Python client registers, serialises, deserialises, evolves, and is refused, over Kafka",
  {
    skip: python ? false : "no python3 with venv",
    timeout: 300_000,
  },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "throughline-python-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    await run("python3", ["-m", "venv", folder]);
    const bin = join(folder, "bin");
    const pip = [
      join(bin, "pip"),
      ["install", "--quiet", "--disable-pip-version-check", installed],
      { timeout: 180_000 },
    ] as const;
    const failure = await run(...pip).then(
      () => null,
      (error: Error) => error,
    );
    if (failure !== null) return t.skip(`pip cannot install ${installed}: ${failure.message}`);
    await using kafka = await startKafka();
    await using registry = await startRegistry({ store: `sqlite:${join(folder, "registry.db")}`, port: 0 });
    const { stdout } = await run(
      join(bin, "python"),
      [join(import.meta.dirname, "clients/python_client.py"), registry.url, kafka.bootstrapServers],
      { timeout: 120_000 },
    );
    assert.deepEqual(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""), {
      inside: "alone",
      read: [
        { id: "b-1", ...bill },
        { id: "b-2", ...bill, note: "new" },
        { id: "c-1", note: "none" },
        { id: "c-2", note: "new" },
        { id: "o-1", total: 3 },
      ],
      subjects: ["bills-value", "customers-value", "orders-value"],
      versions: [1, 2],
      latest: 3,
      compatible: false,
      refused: [
        409,
        409,
        'Schema being registered is incompatible with an earlier schema; "/total" has no default in the new schema; version 2 does not have it (required_added at /fields/1)',
      ],
      "bad data": "refused",
      bills: billSchema,
      "bill refused": [
        409,
        409,
        'Schema being registered is incompatible with an earlier schema; "/note" must be int32 in the new schema; version 2 allows string (field_scalar_kind_changed at /Bill/note)',
      ],
      level: "FULL_TRANSITIVE",
      deleted: [1, [2]],
    });
  },
);
