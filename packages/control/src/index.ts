export { controlErrors } from "./errors/catalogue.ts";
