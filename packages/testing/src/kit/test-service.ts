import type { Service } from "throughline";
import { Host } from "./host.ts";
import { ServiceTest } from "./service-test.ts";
import type { TestServiceOptions } from "./test-service-options.ts";

/**
 * Takes a service as its code defines it into a test: it keeps its handlers and its store, and gets a log in memory, a clock
 * that stands still until there is something to wait for, and ids that follow from the seed. Works with any test runner.
 *
 * The store begins empty as far as Throughline is concerned, in each test; the application's own tables stay as they are. A store
 * that was ever used without the kit is refused. Rejects with `SERVICE_CANNOT_START` as `start` does.
 * @example
 *   await using t = await testService(billing);
 *   await t.when(OrderCompleted, { order_id: "o1", total: 25 });
 *   assert.equal((await t.published(InvoiceCreated)).length, 1);
 */
export async function testService<Tx>(service: Service<Tx>, options: TestServiceOptions = {}): Promise<ServiceTest> {
  const host = await Host.start(service, options);
  return new ServiceTest(host as Host<unknown>);
}
