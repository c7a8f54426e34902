export { FraudScored } from "./fraud.ts";
export { InvoiceCreated } from "./invoice.ts";
export { OrderCompleted, OrderCreated, OrderUpdated } from "./order.ts";
export { PaymentCaptured, PaymentRefunded } from "./payment.ts";
export { PointsAwarded } from "./points.ts";
export { ReceiptSent } from "./receipt.ts";
export { ReturnRequested } from "./return.ts";
export { ShipmentCreated } from "./shipment.ts";
export { StockReserved } from "./stock.ts";
