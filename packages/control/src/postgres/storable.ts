/** PostgreSQL's texts hold no NUL, and UTF-8 no half of a character. */
export const storable = (text: string): string => text.toWellFormed().replaceAll("\0", "\uFFFD");
export const storableOrNull = (text: string | null): string | null => (text === null ? null : storable(text));
export { whole } from "../whole.ts";
