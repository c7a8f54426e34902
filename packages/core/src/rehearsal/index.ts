export {
  passes,
  type RehearsalLetter,
  type RehearsalOptions,
  type RehearsedLetter,
  type RehearsedOutcome,
  type ServiceRehearsal,
} from "./rehearsal.ts";
export { type RehearsalNews, type RehearsalOrder, rehearsalVariable } from "./rehearsal-program.ts";
