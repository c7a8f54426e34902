export { kafkaError, kafkaErrors } from "./catalogue.ts";
export { codeName, isRetriable, protocolCodes } from "./protocol-codes.ts";
export { connectionFailure } from "./connection-failure.ts";
