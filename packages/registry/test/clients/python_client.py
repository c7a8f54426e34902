"""Confluent's own Python client, unmodified: python_client.py <registry> <brokers>. Prints what it saw as one line of JSON."""

import json
import sys

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext, SerializationError

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


admin = AdminClient({"bootstrap.servers": brokers})
for made in admin.create_topics([NewTopic(name, 1, 1) for name in ("orders", "customers")]).values():
    made.result(30)
producer = Producer({"bootstrap.servers": brokers})
orders = SerializationContext("orders", MessageField.VALUE)
customers = SerializationContext("customers", MessageField.VALUE)
to_json = JSONSerializer(json_schema, client)
producer.produce("orders", to_json({"id": "o-1", "total": 3}, orders))
producer.produce("customers", AvroSerializer(client, avro_schema())({"id": "c-1"}, customers))
note = {"name": "note", "type": "string", "default": "none"}
producer.produce("customers", AvroSerializer(client, avro_schema(note))({"id": "c-2", "note": "new"}, customers))
producer.flush(30)

consumer = Consumer({"bootstrap.servers": brokers, "group.id": "python", "auto.offset.reset": "earliest"})
consumer.subscribe(["orders", "customers"])
from_json = JSONDeserializer(json_schema, schema_registry_client=client)
# The newest schema reads the older record, too.
from_avro = AvroDeserializer(client, avro_schema(note))
read = []
while len(read) < 3:
    message = consumer.poll(30)
    if message is None:
        break
    if message.error() is not None:
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
client.set_compatibility("customers-value", "FULL_TRANSITIVE")
seen["level"] = client.get_compatibility("customers-value")
seen["deleted"] = [client.delete_version("customers-value", 1), client.delete_subject("customers-value")]
print(json.dumps(seen))
