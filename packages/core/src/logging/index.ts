export { createLogger, type Logger, type LoggerOptions } from "./create-logger.ts";
export { HandlerLog, type LineOrigin } from "./handler-log.ts";
export type { LineAbout } from "./line-about.ts";
export { LogShipper } from "./log-shipper.ts";
export { type ShipOptions, shippingOf, shippingProblems } from "./ship-options.ts";
export { MASK, type PersonalValues, personalValues, personalValuesOfAll } from "./personal-values.ts";
