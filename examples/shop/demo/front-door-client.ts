import type { EventShop } from "../driver/event-shop.ts";
import type { FieldProblem } from "../front-door/problem.ts";
import type { NewOrder, OrderChange } from "../front-door/order.ts";

export interface Answer {
  readonly status: number;
  readonly body: { readonly title?: string; readonly detail?: string; readonly problems?: readonly FieldProblem[] };
}

async function ask(url: string, method: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const hasBody = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...hasBody,
  });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

async function mustBeTaken(answer: Promise<Answer>): Promise<void> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`the shop answered ${status}: ${JSON.stringify(body)}`);
}

/** The answer, whatever it is. */
export const tryToPlaceOrder = (shop: EventShop, order: NewOrder): Promise<Answer> =>
  ask(`${shop.ordersUrl}/orders`, "POST", order);

export const placeOrder = (shop: EventShop, order: NewOrder, headers?: Record<string, string>): Promise<void> =>
  mustBeTaken(ask(`${shop.ordersUrl}/orders`, "POST", order, headers));

export const changeOrder = (
  shop: EventShop,
  orderId: string,
  change: OrderChange,
  headers?: Record<string, string>,
): Promise<void> => mustBeTaken(ask(`${shop.ordersUrl}/orders/${orderId}`, "PATCH", change, headers));

export const completeOrder = (shop: EventShop, orderId: string, headers?: Record<string, string>): Promise<void> =>
  mustBeTaken(ask(`${shop.ordersUrl}/orders/${orderId}/complete`, "POST", undefined, headers));

export const requestReturn = (shop: EventShop, body: Record<string, string>, headers?: Record<string, string>): Promise<void> =>
  mustBeTaken(ask(`${shop.returnsUrl}/returns`, "POST", body, headers));
