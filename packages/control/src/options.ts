/** What options of a command line mean: of no part that needs a server, so that a command which starts none has not to load one. */
export { parseGrant } from "./access/grants.ts";
export { traceUrlProblem } from "./config/trace-url.ts";
