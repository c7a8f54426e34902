export { adoptedEvent } from "./adopted-event.ts";
export { type AdoptedReading, AdoptedStreams } from "./adopted-streams.ts";
