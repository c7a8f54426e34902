export * from "./announcement.ts";
export * from "./audit-entry.ts";
export * from "./command.ts";
export * from "./dead-letter.ts";
export * from "./receipt.ts";
export * from "./redrive-request.ts";
export * from "./topic-names.ts";
export * from "./topic-specs.ts";
