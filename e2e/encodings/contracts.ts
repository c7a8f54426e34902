import { avro } from "@throughline/registry/avro";
import { protobuf } from "@throughline/registry/protobuf";
import { defineEvent } from "throughline";
import * as z from "zod";

/** What our service publishes, and Python reads. */
export const OrderCompleted = defineEvent("order.completed", {
  version: 1,
  subject: "order_id",
  data: z.object({
    order_id: z.string(),
    total: z.int(),
    serial: z.string(),
    completed_at: z.iso.datetime({ offset: true }),
    note: z.string().optional(),
    lines: z.array(z.object({ sku: z.string(), price: z.string() })),
  }),
  encoding: avro(
    {
      type: "record",
      name: "shop.OrderCompleted",
      fields: [
        { name: "order_id", type: "string" },
        { name: "total", type: "int" },
        { name: "serial", type: "long" },
        { name: "completed_at", type: { type: "long", logicalType: "timestamp-millis" } },
        { name: "note", type: ["null", "string"], default: null },
        {
          name: "lines",
          type: {
            type: "array",
            items: {
              type: "record",
              name: "Line",
              fields: [
                { name: "sku", type: "string" },
                { name: "price", type: { type: "bytes", logicalType: "decimal", precision: 9, scale: 2 } },
              ],
            },
          },
        },
      ],
    },
    { int64: "text" },
  ),
});

export const OrderShipped = defineEvent("order.shipped", {
  version: 1,
  subject: "order_id",
  data: z.object({
    order_id: z.string(),
    weight: z.int(),
    state: z.enum(["PACKED", "SENT"]),
    shipped_at: z.iso.datetime({ offset: true }),
    parcels: z.record(z.string(), z.object({ grams: z.int() })),
  }),
  encoding: protobuf(
    `syntax = "proto3";
    package shop;
    import "google/protobuf/timestamp.proto";
    message Parcel { int32 grams = 1; }
    message OrderShipped {
      string order_id = 1;
      int64 weight = 2;
      State state = 3;
      google.protobuf.Timestamp shipped_at = 4;
      map<string, Parcel> parcels = 5;
      enum State { UNKNOWN = 0; PACKED = 1; SENT = 2; }
    }`,
    { message: "OrderShipped" },
  ),
});

/** What Python publishes, and our handlers read. */
export const PaymentReceived = defineEvent("payment.received", {
  version: 1,
  subject: "payment_id",
  data: z.object({ payment_id: z.string(), cents: z.int(), method: z.enum(["card", "bank"]), reference: z.string().optional() }),
  encoding: avro({
    type: "record",
    name: "PaymentReceived",
    fields: [
      { name: "payment_id", type: "string" },
      { name: "cents", type: "long" },
      { name: "method", type: { type: "enum", name: "Method", symbols: ["card", "bank"] } },
      { name: "reference", type: ["null", "string"], default: null },
    ],
  }),
});

export const PaymentRefunded = defineEvent("payment.refunded", {
  version: 1,
  subject: "payment_id",
  data: z.object({ payment_id: z.string(), cents: z.int() }),
  encoding: protobuf('syntax = "proto3"; message PaymentRefunded { string payment_id = 1; int64 cents = 2; }'),
});
