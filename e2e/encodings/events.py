"""Confluent's own Python client, unmodified: events.py <registry> <brokers>. Reads our events, then writes some of its own.

Prints what it read, and the bytes that it wrote, as one line of JSON.
"""

import json
import sys
import uuid

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory, timestamp_pb2

registry, brokers = sys.argv[1:]
client = SchemaRegistryClient({"url": registry})
kinds = descriptor_pb2.FieldDescriptorProto


def shipped_class():
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    file = descriptor_pb2.FileDescriptorProto(name="shipped.proto", package="shop", syntax="proto3")
    file.dependency.append("google/protobuf/timestamp.proto")
    parcel = file.message_type.add(name="Parcel")
    parcel.field.add(name="grams", number=1, type=kinds.TYPE_INT32, label=kinds.LABEL_OPTIONAL)
    shipped = file.message_type.add(name="OrderShipped")
    for number, (name, kind, type_name) in enumerate(
        [
            ("order_id", kinds.TYPE_STRING, ""),
            ("weight", kinds.TYPE_INT64, ""),
            ("state", kinds.TYPE_ENUM, ".shop.OrderShipped.State"),
            ("shipped_at", kinds.TYPE_MESSAGE, ".google.protobuf.Timestamp"),
            ("parcels", kinds.TYPE_MESSAGE, ".shop.OrderShipped.ParcelsEntry"),
        ],
        1,
    ):
        label = kinds.LABEL_REPEATED if name == "parcels" else kinds.LABEL_OPTIONAL
        shipped.field.add(name=name, number=number, type=kind, type_name=type_name or None, label=label)
    entry = shipped.nested_type.add(name="ParcelsEntry", options=descriptor_pb2.MessageOptions(map_entry=True))
    entry.field.add(name="key", number=1, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
    entry.field.add(name="value", number=2, type=kinds.TYPE_MESSAGE, type_name=".shop.Parcel", label=kinds.LABEL_OPTIONAL)
    state = shipped.enum_type.add(name="State")
    for number, name in enumerate(["UNKNOWN", "PACKED", "SENT"]):
        state.value.add(name=name, number=number)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("shop.OrderShipped"))


def refunded_class():
    pool = descriptor_pool.DescriptorPool()
    # The message that is meant is the second one of its file, and it has a field that our reader does not know.
    file = descriptor_pb2.FileDescriptorProto(name="refunded.proto", syntax="proto3")
    file.message_type.add(name="Unused").field.add(name="a", number=1, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
    refunded = file.message_type.add(name="PaymentRefunded")
    for number, (name, kind) in enumerate(
        [("payment_id", kinds.TYPE_STRING), ("cents", kinds.TYPE_INT64), ("clerk", kinds.TYPE_STRING)], 1
    ):
        refunded.field.add(name=name, number=number, type=kind, label=kinds.LABEL_OPTIONAL)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("PaymentRefunded"))


def read_ours(count):
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "python", "auto.offset.reset": "earliest"})
    consumer.subscribe(["order"])
    from_avro = AvroDeserializer(client)
    from_protobuf = ProtobufDeserializer(shipped_class(), {"use.deprecated.format": False}, client)
    found = []
    while len(found) < count:
        message = consumer.poll(30)
        if message is None:
            raise SystemExit(f"only {len(found)} of {count} came")
        headers = {name: value.decode() for name, value in message.headers()}
        context = SerializationContext("order", MessageField.VALUE)
        if headers["content-type"] == "application/avro":
            value = from_avro(message.value(), context)
            value["completed_at"] = value["completed_at"].isoformat()
            for line in value["lines"]:
                line["price"] = str(line["price"])
        else:
            value = json_format.MessageToDict(from_protobuf(message.value(), context), preserving_proto_field_name=True)
        found.append({"type": headers["ce_type"], "subject": message.key().decode(), "data": value})
    consumer.close()
    return found


def write_some():
    admin = AdminClient({"bootstrap.servers": brokers})
    for made in admin.create_topics([NewTopic("payment", 1, 1)]).values():
        made.result(30)
    producer = Producer({"bootstrap.servers": brokers})
    payment = SerializationContext("payment", MessageField.VALUE)
    fields = [
        # Another order than the reader's, a promotion, a field that the reader does not have, and none that it has a default for.
        {"name": "cents", "type": "int"},
        {"name": "payment_id", "type": "string"},
        {"name": "method", "type": {"type": "enum", "name": "Method", "symbols": ["bank", "card"]}},
        {"name": "clerk", "type": ["null", "string"], "default": None},
    ]
    to_avro = AvroSerializer(client, json.dumps({"type": "record", "name": "PaymentReceived", "fields": fields}))
    Refunded = refunded_class()
    to_protobuf = ProtobufSerializer(Refunded, client, {"use.deprecated.format": False, "subject.name.strategy": lambda *_: "payment.refunded"})
    written = []

    def publish(kind, subject, value):
        headers = {
            "ce_specversion": "1.0",
            "ce_id": str(uuid.uuid4()),
            "ce_source": "payments-in-python",
            "ce_type": kind,
            "ce_subject": subject,
        }
        producer.produce("payment", value, key=subject, headers=[(name, text.encode()) for name, text in headers.items()])
        written.append(value.hex())

    publish("payment.received", "p-1", to_avro({"payment_id": "p-1", "cents": 1250, "method": "card", "clerk": "ann"}, payment))
    publish("payment.received", "p-2", to_avro({"payment_id": "p-2", "cents": 5, "method": "bank", "clerk": None}, payment))
    publish("payment.refunded", "p-1", to_protobuf(Refunded(payment_id="p-1", cents=9007199254740991, clerk="ann"), payment))
    publish("payment.refunded", "p-3", to_protobuf(Refunded(payment_id="p-3", cents=9007199254740993), payment))
    producer.flush(30)
    return written


print(json.dumps({"read": read_ours(3), "written": write_some()}))
