const escaped = "\u0001";

/** PostgreSQL's text holds every character but NUL, and keys of foreign records may have one. */
export function encodeText(text: string): string {
  if (!text.includes("\0") && !text.includes(escaped)) return text;
  return text.replaceAll(escaped, `${escaped}1`).replaceAll("\0", `${escaped}0`);
}

export function decodeText(stored: string): string {
  if (!stored.includes(escaped)) return stored;
  const [first = "", ...others] = stored.split(escaped);
  return first + others.map((part) => `${part.startsWith("0") ? "\0" : escaped}${part.slice(1)}`).join("");
}
