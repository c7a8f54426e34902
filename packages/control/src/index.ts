export * from "./alerts/index.ts";
export { controlErrors } from "./errors/catalogue.ts";
export * from "./lag/index.ts";
