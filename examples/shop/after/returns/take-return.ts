import { ReturnRequested } from "../../contracts/index.ts";
import { Problem } from "../../front-door/problem.ts";
import type { NewReturn } from "../../front-door/return-routes.ts";
import { returns, store } from "./returns.ts";

/** Takes a return in one transaction with its event. The same order again does nothing. */
export async function takeReturn({ return_id, order_id, tenant_id, reason }: NewReturn): Promise<void> {
  await store.transaction(async (tx) => {
    const order = await tx.get<{ customer: string; total: number }>(
      "SELECT customer, total FROM returnable_orders WHERE order_id = ?",
      order_id,
    );
    if (!order) throw new Problem(404, "no such order", `No completed order "${order_id}" is known here (yet).`);
    const { customer, total } = order;
    const fresh = await tx.get(
      "INSERT INTO returns (return_id, order_id, status) VALUES (?, ?, 'requested') ON CONFLICT DO NOTHING RETURNING return_id",
      return_id,
      order_id,
    );
    if (!fresh) return;
    await returns.publish(
      ReturnRequested,
      { return_id, order_id, tenant_id, customer, total, reason, requested_at: new Date().toISOString() },
      { tx },
    );
  });
}
