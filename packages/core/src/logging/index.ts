export { createLogger, type Logger, type LoggerOptions } from "./create-logger.ts";
export { HandlerLog } from "./handler-log.ts";
export { MASK, type PersonalValues, personalValues, personalValuesOfAll } from "./personal-values.ts";
