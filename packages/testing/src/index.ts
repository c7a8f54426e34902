export type { AnyOrderOptions } from "./kit/any-order.ts";
export { event, type GivenEvent } from "./kit/given-event.ts";
export type { GivenRecord } from "./kit/given-record.ts";
export type { GivenOptions } from "./kit/publisher.ts";
export type { HeldLetter, ParkedEvent, ServiceTest } from "./kit/service-test.ts";
export { testService } from "./kit/test-service.ts";
export type { LogLevel, TestServiceOptions } from "./kit/test-service-options.ts";
