/** How a state is coloured, and which icon it has. */
export type Tone = "bad" | "warn" | "good" | "unknown" | "calm";
