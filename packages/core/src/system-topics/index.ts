export * from "./announcement.ts";
export * from "./command.ts";
export * from "./dead-letter.ts";
export * from "./receipt.ts";
export * from "./redrive-request.ts";
export * from "./topic-names.ts";
