export { createLogger, type Logger, type LoggerOptions } from "./create-logger.ts";
export { HandlerLog } from "./handler-log.ts";
export { MASK, type PersonalValues, personalValues } from "./personal-values.ts";
