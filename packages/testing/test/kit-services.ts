import {
  createMemoryStore,
  createService,
  defineEvent,
  type HandlerOptions,
  type MemoryStore,
  type MemoryTx,
  type Service,
  type ServiceOptions,
} from "throughline";
import * as z from "zod";

const order = z.object({ order_id: z.string(), total: z.int() });
export const OrderCreated = defineEvent("order.created", { version: 1, subject: "order_id", data: order });
export const OrderUpdated = defineEvent("order.updated", { version: 1, subject: "order_id", data: order });
export const OrderCompleted = defineEvent("order.completed", { version: 1, subject: "order_id", data: order });
export const InvoiceCreated = defineEvent("invoice.created", {
  version: 1,
  subject: "invoice_id",
  data: z.object({ invoice_id: z.string(), order_id: z.string(), total: z.int() }),
});
export const PaymentTaken = defineEvent("payment.taken", {
  version: 1,
  subject: "payment_id",
  tenant: "tenant_id",
  data: z.object({ payment_id: z.uuid(), order_id: z.string(), tenant_id: z.string() }),
});

/** A service as an application defines it: it would run on a log of its own if it were started. */
export function memoryService(
  name: string,
  options: Partial<ServiceOptions<MemoryTx>> = {},
): { service: Service<MemoryTx>; store: MemoryStore } {
  const store = createMemoryStore({ name });
  const eventLog = (): never => {
    throw new Error("a test opened the service's own log");
  };
  return { store, service: createService({ name, eventLog, store, from: "earliest", ...options }) };
}

/** Makes an invoice for each completed order, in one transaction. */
export function billing(options: HandlerOptions = {}): { service: Service<MemoryTx>; store: MemoryStore; total(): number } {
  const { service, store } = memoryService("billing", { publishes: [InvoiceCreated] });
  service.on(
    OrderCompleted,
    "create-invoice",
    async ({ data: { order_id, total } }, ctx) => {
      await ctx.tx.put("total", ((await ctx.tx.lock<number>("total")) ?? 0) + total);
      await ctx.publish(InvoiceCreated, { invoice_id: `i-${order_id}`, order_id, total });
    },
    options,
  );
  return { service, store, total: () => store.get<number>("total") ?? 0 };
}
