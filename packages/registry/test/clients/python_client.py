"""Confluent's own Python client, unmodified: python_client.py <registry> <brokers>. Prints what it saw as one line of JSON."""

import json
import sys

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext, SerializationError
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory, timestamp_pb2

registry, brokers = sys.argv[1:]
client = SchemaRegistryClient({"url": registry})
seen = {}

json_schema = json.dumps(
    {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Order",
        "type": "object",
        "properties": {"id": {"type": "string"}, "total": {"type": "integer"}},
        "required": ["id"],
        "additionalProperties": False,
    }
)


def avro_schema(*fields):
    return json.dumps({"type": "record", "name": "Customer", "fields": [{"name": "id", "type": "string"}, *fields]})


def bill_class(*fields):
    """What a program has whose compiler read bill.proto: a map, an import, and a message in a message after both."""
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    file = descriptor_pb2.FileDescriptorProto(name="bill.proto", package="shop", syntax="proto3")
    file.dependency.append("google/protobuf/timestamp.proto")
    bill = file.message_type.add(name="Bill")
    kinds = descriptor_pb2.FieldDescriptorProto
    for number, (name, kind, type_name) in enumerate(
        [
            ("id", kinds.TYPE_STRING, ""),
            ("at", kinds.TYPE_MESSAGE, ".google.protobuf.Timestamp"),
            ("counts", kinds.TYPE_MESSAGE, ".shop.Bill.CountsEntry"),
            ("line", kinds.TYPE_MESSAGE, ".shop.Bill.Line"),
            *fields,
        ],
        1,
    ):
        label = kinds.LABEL_REPEATED if name == "counts" else kinds.LABEL_OPTIONAL
        bill.field.add(name=name, number=number, type=kind, type_name=type_name or None, label=label)
    entry = bill.nested_type.add(name="CountsEntry", options=descriptor_pb2.MessageOptions(map_entry=True))
    entry.field.add(name="key", number=1, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
    entry.field.add(name="value", number=2, type=kinds.TYPE_INT32, label=kinds.LABEL_OPTIONAL)
    line = bill.nested_type.add(name="Line")
    line.field.add(name="sku", number=1, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("shop.Bill"))


def bill_of(message_class, **more):
    value = {"id": "b-1", "at": "2026-11-26T05:00:00Z", "counts": {"a": 2}, "line": {"sku": "s-1"}, **more}
    return json_format.ParseDict(value, message_class())


admin = AdminClient({"bootstrap.servers": brokers})
for made in admin.create_topics([NewTopic(name, 1, 1) for name in ("orders", "customers", "bills")]).values():
    made.result(30)
producer = Producer({"bootstrap.servers": brokers})
orders = SerializationContext("orders", MessageField.VALUE)
customers = SerializationContext("customers", MessageField.VALUE)
to_json = JSONSerializer(json_schema, client)
producer.produce("orders", to_json({"id": "o-1", "total": 3}, orders))
producer.produce("customers", AvroSerializer(client, avro_schema())({"id": "c-1"}, customers))
note = {"name": "note", "type": "string", "default": "none"}
producer.produce("customers", AvroSerializer(client, avro_schema(note))({"id": "c-2", "note": "new"}, customers))
bills = SerializationContext("bills", MessageField.VALUE)
first, wider = bill_class(), bill_class(("note", descriptor_pb2.FieldDescriptorProto.TYPE_STRING, ""))
for message_class, more in ((first, {}), (wider, {"id": "b-2", "note": "new"})):
    serialize = ProtobufSerializer(message_class, client, {"use.deprecated.format": False})
    producer.produce("bills", serialize(bill_of(message_class, **more), bills))
inner = wider.Line(sku="alone")
seen["inside"] = ProtobufDeserializer(wider.Line, {"use.deprecated.format": False}, client)(
    ProtobufSerializer(wider.Line, client, {"use.deprecated.format": False})(inner, bills), bills
).sku
producer.flush(30)

consumer = Consumer({"bootstrap.servers": brokers, "group.id": "python", "auto.offset.reset": "earliest"})
consumer.subscribe(["orders", "customers", "bills"])
from_json = JSONDeserializer(json_schema, schema_registry_client=client)
# The newest schema reads the older record, too.
from_avro = AvroDeserializer(client, avro_schema(note))
from_protobuf = ProtobufDeserializer(wider, {"use.deprecated.format": False}, client)
read = []
while len(read) < 5:
    message = consumer.poll(30)
    if message is None:
        break
    if message.error() is not None:
        continue
    if message.topic() == "bills":
        read.append(json_format.MessageToDict(from_protobuf(message.value(), bills)))
        continue
    deserialize, context = (from_json, orders) if message.topic() == "orders" else (from_avro, customers)
    read.append(deserialize(message.value(), context))
consumer.close()
seen["read"] = sorted(read, key=lambda each: each["id"])

seen["subjects"] = client.get_subjects()
seen["versions"] = client.get_versions("customers-value")
seen["latest"] = client.get_latest_version("customers-value").schema_id
broken = Schema(avro_schema({"name": "total", "type": "long"}), "AVRO")
seen["compatible"] = client.test_compatibility("customers-value", broken)
try:
    client.register_schema("customers-value", broken)
except SchemaRegistryError as error:
    seen["refused"] = [error.http_status_code, error.error_code, error.error_message]
try:
    to_json({"id": 7}, orders)
except SerializationError:
    seen["bad data"] = "refused"
seen["bills"] = client.get_latest_version("bills-value").schema.schema_str
broken = bill_class(("note", descriptor_pb2.FieldDescriptorProto.TYPE_INT32, ""))
try:
    ProtobufSerializer(broken, client, {"use.deprecated.format": False})(bill_of(broken, note=7), bills)
except SchemaRegistryError as error:
    seen["bill refused"] = [error.http_status_code, error.error_code, error.error_message]
client.set_compatibility("customers-value", "FULL_TRANSITIVE")
seen["level"] = client.get_compatibility("customers-value")
seen["deleted"] = [client.delete_version("customers-value", 1), client.delete_subject("customers-value")]
print(json.dumps(seen))
