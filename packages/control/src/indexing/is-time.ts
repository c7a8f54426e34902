/** Beyond it, in either direction, a number is no time, and no text can be made of it (ECMA-262, 21.4.1.1). */
const lastMs = 8.64e15;

/** Whether a number that anybody wrote is a time. */
export const isTime = (value: unknown): value is number => typeof value === "number" && Math.abs(value) <= lastMs;
