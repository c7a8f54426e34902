export { seededSurroundings, type SeededSurroundings } from "./seeded-surroundings.ts";
export { systemSurroundings } from "./system-surroundings.ts";
export type { VirtualClock } from "./virtual-clock.ts";
