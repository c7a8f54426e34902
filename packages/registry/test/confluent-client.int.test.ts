import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import {
  create,
  createFileRegistry,
  createMutableRegistry,
  type DescMessage,
  fromJson,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type as Type,
  type FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import {
  AvroDeserializer,
  AvroSerializer,
  type Deserializer,
  JsonDeserializer,
  JsonSerializer,
  ProtobufDeserializer,
  ProtobufSerializer,
  SchemaRegistryClient,
  SerdeType,
  type Serializer,
} from "@confluentinc/schemaregistry";
// Made by protoc, from files with imports, maps, options and messages in messages.
import { DependencyMessageSchema } from "@confluentinc/schemaregistry/dist/test/serde/test/dep_pb.js";
import {
  NestedMessage_InnerMessageSchema,
  NestedMessageSchema,
} from "@confluentinc/schemaregistry/dist/test/serde/test/nested_pb.js";
import { Kafka, logLevel } from "kafkajs";
import { startKafka } from "../../../scripts/services/kafka.ts";
import { startRegistry } from "../src/index.ts";

const topics = ["json", "avro", "protobuf"];
const received = new Map<string, PromiseWithResolvers<Buffer>>();
const kafka = await startKafka();
const registry = await startRegistry({ store: "sqlite::memory:", port: 0 });
const { producer, consumer } = await connected();
after(async () => {
  await Promise.all([producer.disconnect(), consumer.disconnect()]);
  await registry.close();
  await kafka.close();
});

async function connected() {
  const client = new Kafka({ brokers: kafka.bootstrapServers.split(","), logLevel: logLevel.NOTHING });
  const admin = client.admin();
  await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 1 })) });
  await admin.disconnect();
  const reader = client.consumer({ groupId: "javascript" });
  await reader.subscribe({ topics, fromBeginning: true });
  await reader.run({
    eachMessage: async ({ message: { key, value } }) => {
      if (key !== null && value !== null) received.get(key.toString())?.resolve(value);
    },
  });
  const writer = client.producer();
  await writer.connect();
  return { producer: writer, consumer: reader };
}

const newClient = (): SchemaRegistryClient => new SchemaRegistryClient({ baseURLs: [registry.url] });

/** Serializes, sends, reads, and deserializes with a client that knows nothing but the bytes. */
async function overKafka(topic: string, serializer: Serializer, message: unknown, deserializer: Deserializer): Promise<unknown> {
  const key = `message-${received.size}`;
  const arrived = Promise.withResolvers<Buffer>();
  received.set(key, arrived);
  await producer.send({ topic, messages: [{ key, value: await serializer.serialize(topic, message) }] });
  return await deserializer.deserialize(topic, await arrived.promise);
}

describe(
  "@confluentinc/schemaregistry, unmodified, over Kafka: registers, serialises, deserialises, evolves, and is refused",
  { timeout: 60_000 },
  () => {
    const automatic = { autoRegisterSchemas: true };
    const latest = { useLatestVersion: true, autoRegisterSchemas: false };

    it("JSON Schema", async () => {
      const client = newClient();
      const schema = (properties: object, required: string[]): string =>
        JSON.stringify({ $schema: "http://json-schema.org/draft-07/schema#", type: "object", properties, required });
      const first = schema({ id: { type: "string" } }, ["id"]);
      assert.equal(await client.register("json-value", { schemaType: "JSON", schema: first }), 1);
      const serializer = new JsonSerializer(client, SerdeType.VALUE, { ...latest, validate: true });
      const deserializer = new JsonDeserializer(newClient(), SerdeType.VALUE, { validate: true });
      assert.deepEqual(await overKafka("json", serializer, { id: "o-1" }, deserializer), { id: "o-1" });
      await assert.rejects(serializer.serialize("json", { id: 7 }));
      const more = schema({ id: { type: "string" }, note: { type: "string" } }, ["id"]);
      await client.updateCompatibility("json-value", "NONE" as never);
      await client.register("json-value", { schemaType: "JSON", schema: more });
      await client.updateCompatibility("json-value", "BACKWARD" as never);
      const broken = { schemaType: "JSON", schema: schema({ id: { type: "integer" } }, ["id"]) };
      assert.equal(await client.testCompatibility("json-value", 1, broken), false);
      await assert.rejects(
        client.register("json-value", broken),
        /"\/id" must be integer in the new schema; version 2 allows string/,
      );
    });

    it("Avro", async () => {
      const client = newClient();
      const schema = (...fields: object[]): string =>
        JSON.stringify({ type: "record", name: "Customer", fields: [{ name: "id", type: "string" }, ...fields] });
      await client.register("avro-value", { schemaType: "AVRO", schema: schema() });
      const deserializer = new AvroDeserializer(newClient(), SerdeType.VALUE, latest);
      const older = await new AvroSerializer(client, SerdeType.VALUE, latest).serialize("avro", { id: "c-1" });
      await client.register("avro-value", {
        schemaType: "AVRO",
        schema: schema({ name: "note", type: "string", default: "none" }),
      });
      const serializer = new AvroSerializer(newClient(), SerdeType.VALUE, latest);
      const newer = await overKafka("avro", serializer, { id: "c-2", note: "new" }, deserializer);
      assert.deepEqual({ ...(newer as object) }, { id: "c-2", note: "new" });
      // The newest schema reads the older record, too.
      assert.deepEqual({ ...((await deserializer.deserialize("avro", older)) as object) }, { id: "c-1", note: "none" });
      await assert.rejects(
        client.register("avro-value", { schemaType: "AVRO", schema: schema({ name: "total", type: "long" }) }),
        /"\/total" has no default in the new schema; version 2 does not have it/,
      );
    });

    /** What a service has whose compiler read this file. */
    function orderWith(type: Type, ...more: string[]): DescMessage {
      const field: MessageInitShape<typeof FieldDescriptorProtoSchema>[] = ["id", "total", ...more].map((name, index) => ({
        name,
        number: index + 1,
        type: name === "total" ? type : Type.STRING,
        label: FieldDescriptorProto_Label.OPTIONAL,
      }));
      const file = create(FileDescriptorProtoSchema, {
        name: "order.proto",
        package: "shop",
        syntax: "proto3",
        messageType: [{ name: "Order", field }],
      });
      return createFileRegistry(file, () => undefined).getMessage("shop.Order") as DescMessage;
    }
    const protobufSerializer = (message: DescMessage, options: object): ProtobufSerializer =>
      new ProtobufSerializer(newClient(), SerdeType.VALUE, { ...options, registry: createMutableRegistry(message) });

    it("Protobuf", async () => {
      const deserializer = new ProtobufDeserializer(newClient(), SerdeType.VALUE, {});
      const read = async (message: DescMessage, value: object): Promise<unknown> =>
        await overKafka("protobuf", protobufSerializer(message, automatic), fromJson(message, value as never), deserializer);
      const [first, wider, broken] = [orderWith(Type.INT32), orderWith(Type.INT64, "note"), orderWith(Type.STRING)];
      assert.deepEqual(plain(await read(first, { id: "o-1", total: 3 })), { $typeName: "shop.Order", id: "o-1", total: 3 });
      assert.deepEqual(plain(await read(wider, { id: "o-2", total: 4, note: "new" })), {
        $typeName: "shop.Order",
        id: "o-2",
        total: "4",
        note: "new",
      });
      const client = newClient();
      assert.deepEqual(await client.getAllVersions("protobuf-value"), [1, 2]);
      const { schema } = await client.getLatestSchemaMetadata("protobuf-value");
      assert.match(
        schema,
        /^syntax = "proto3";\npackage shop;\nmessage Order \{\n {2}string id = 1;\n {2}int64 total = 2;\n {2}string note = 3;\n\}\n$/,
      );
      await assert.rejects(
        read(broken, { id: "o-3", total: "5" }),
        /"\/total" must be string in the new schema; version 2 allows int64 \(field_scalar_kind_changed at \/Order\/total\)/,
      );
    });

    it("Protobuf with imports, maps, options, and messages in messages", async () => {
      const client = newClient();
      const deserializer = new ProtobufDeserializer(newClient(), SerdeType.VALUE, {});
      // Their types are those of the same library in another format of modules.
      const through = async (subject: string, generated: unknown, value: object): Promise<unknown> => {
        const message = generated as DescMessage;
        await client.updateCompatibility(`${subject}-value`, "NONE" as never);
        const bytes = await protobufSerializer(message, automatic).serialize(subject, fromJson(message, value as never));
        return plain(await deserializer.deserialize(subject, bytes));
      };
      const nested = {
        updatedAt: "2026-11-26T05:00:00Z",
        mapType: { a: "b" },
        inner: { id: "i", ids: [1, 2] },
        status: "INACTIVE",
      };
      const found = (await through("nested", NestedMessageSchema, nested)) as Record<string, unknown>;
      assert.deepEqual(found["mapType"], { a: "b" });
      assert.deepEqual(found["inner"], { $typeName: "test.NestedMessage.InnerMessage", id: "i", ids: [1, 2] });
      assert.deepEqual(await through("inner", NestedMessage_InnerMessageSchema, { id: "x", ids: [3] }), {
        $typeName: "test.NestedMessage.InnerMessage",
        id: "x",
        ids: [3],
      });
      await through("dependent", DependencyMessageSchema, { isActive: true, testMesssage: { testString: "t" } });
      const { references } = await client.getLatestSchemaMetadata("dependent-value");
      assert.equal(references?.length, 1);
    });
  },
);

/** Without what only the implementation has, and whole numbers as text. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, each: unknown) => (typeof each === "bigint" ? String(each) : each)));
