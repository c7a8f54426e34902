import type { Flow } from "../../api/api-types.ts";

export type FlowEvent = Flow["events"][number];
export type FlowHandler = FlowEvent["handlers"][number];
export type Outcome = FlowHandler["outcome"];
