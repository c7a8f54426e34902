/** An id short enough for a line: up to twelve characters whole, else its last eight, which tell UUIDs of one second apart. */
export const shortId = (id: string): string => (id.length <= 12 ? id : `…${id.slice(-8)}`);
