const simple: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 };

/** The bytes that a literal of a `.proto` file stands for. @param literal With its quotes. */
export function bytesOfLiteral(literal: string): Buffer {
  const parts: Buffer[] = [];
  const escape = /\\(?:([0-7]{1,3})|[xX]([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/gsu;
  const text = literal.slice(1, -1);
  let at = 0;
  for (const found of text.matchAll(escape)) {
    const [all, octal, hex, short, long, other = ""] = found;
    parts.push(Buffer.from(text.slice(at, found.index)));
    at = found.index + all.length;
    if (octal !== undefined) parts.push(Buffer.of(Number.parseInt(octal, 8) & 255));
    else if (hex !== undefined) parts.push(Buffer.of(Number.parseInt(hex, 16)));
    else if (short !== undefined || long !== undefined) parts.push(Buffer.from(character(short ?? long ?? "")));
    else parts.push(other in simple ? Buffer.of(simple[other] ?? 0) : Buffer.from(other));
  }
  parts.push(Buffer.from(text.slice(at)));
  return Buffer.concat(parts);
}

function character(hex: string): string {
  const point = Number.parseInt(hex, 16);
  return point > 0x10_ff_ff ? "\u{fffd}" : String.fromCodePoint(point);
}

export function textOfLiterals(literals: readonly string[]): string {
  return Buffer.concat(literals.map(bytesOfLiteral)).toString("utf8");
}

const escapes: Readonly<Record<number, string>> = { 9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 39: "\\'", 92: "\\\\" };

/** As descriptors write the default of a field of bytes: ASCII, and the rest in octal. */
export function escapedBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => {
    if (escapes[byte] !== undefined) return escapes[byte];
    return byte >= 32 && byte < 127 ? String.fromCodePoint(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
  }).join("");
}

/** A text as a literal of a `.proto` file. */
export function literalOf(text: string): string {
  // eslint-disable-next-line no-control-regex
  const inside = text.replace(/["\\\u0000-\u001f\u007f]/g, (each) => {
    const code = each.codePointAt(0) ?? 0;
    return escapes[code] ?? `\\${code.toString(8).padStart(3, "0")}`;
  });
  return `"${inside}"`;
}

/** As compilers write a number with a point: as few digits as say it, and an exponent where C has one. */
export function floatText(value: number, isDouble: boolean): string {
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  const precise = digits.replace(/[-.]/g, "").length;
  const most = isDouble ? (precise > 15 ? 17 : 15) : precise > 6 ? 9 : 6;
  if (power >= -4 && power < most) return value.toFixed(Math.max(precise - 1 - power, 0));
  return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}
