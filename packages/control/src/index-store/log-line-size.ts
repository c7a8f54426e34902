/** Of a line's columns and its part of the indexes. */
const bytesBeside = 150;

/** What a log line takes, about: its text may be wider in the file than it is long here. */
export const bytesOfALine = (body: string): number => Buffer.byteLength(body) + bytesBeside;
