import type { Decimal } from "../../compatibility/avro/read-avro-schema.ts";

/** What a logical type is in JSON: text. Each way answers null for what is none. */
export interface LogicalText {
  /** How such a text looks. */
  readonly example: string;
  toNumber(text: string): bigint | null;
  toText(value: bigint): string | null;
}

const date = /^(\d{4})-(\d\d)-(\d\d)$/;
const clock = /^(\d\d):(\d\d):(\d\d)(?:\.(\d+))?$/;
const instant = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d(?:\.\d+)?)([Zz]|[+-]\d\d:\d\d)$/;
const local = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d(?:\.\d+)?)$/;
const dayMs = 86_400_000n;

function dayOf(text: string): bigint | null {
  const [, year, month, day] = date.exec(text) ?? [];
  if (year === undefined) return null;
  const at = Date.UTC(Number(year), Number(month) - 1, Number(day));
  // The years before 100 are others to Date.UTC, and the 31st of February is a day in March.
  return Number(year) >= 100 && new Date(at).toISOString().startsWith(text) ? BigInt(at) / dayMs : null;
}

function dayText(days: bigint): string | null {
  const at = new Date(Number(days * dayMs));
  return Number.isNaN(at.getTime()) || at.getUTCFullYear() < 100 || at.getUTCFullYear() > 9999
    ? null
    : at.toISOString().slice(0, 10);
}

/** @param digits Behind the point of a second. */
function clockOf(text: string, digits: number): bigint | null {
  const [, hours, minutes, seconds, fraction = ""] = clock.exec(text) ?? [];
  if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return null;
  const exact = fraction.replace(/0+$/, "");
  if (exact.length > digits) return null;
  const whole = BigInt(hours) * 3600n + BigInt(minutes as string) * 60n + BigInt(seconds as string);
  return whole * 10n ** BigInt(digits) + BigInt(exact.padEnd(digits, "0"));
}

function clockText(value: bigint, digits: number): string | null {
  const unit = 10n ** BigInt(digits);
  if (value < 0n || value >= 86_400n * unit) return null;
  const seconds = value / unit;
  const parts = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map((part) => String(part).padStart(2, "0"));
  const fraction = value % unit;
  return `${parts.join(":")}${fraction === 0n && digits > 3 ? "" : `.${String(fraction).padStart(digits, "0")}`}`;
}

const time = (digits: number): LogicalText => ({
  example: "12:30:00.000",
  toNumber: (text) => clockOf(text, digits),
  toText: (value) => clockText(value, digits),
});

function timestamp(digits: number, isLocal: boolean): LogicalText {
  const unit = 10n ** BigInt(digits);
  const ofDay = 86_400n * unit;
  return {
    example: isLocal ? "2026-01-31T12:30:00.000" : "2026-01-31T12:30:00.000Z",
    toNumber(text) {
      const [, day = "", clockPart = "", offset = "Z"] = (isLocal ? local : instant).exec(text) ?? [];
      const [days, within, offsetSeconds] = [dayOf(day), clockOf(clockPart, digits), secondsOf(offset)];
      if (days === null || within === null || offsetSeconds === null) return null;
      return days * ofDay + within - offsetSeconds * unit;
    },
    toText(value) {
      const within = ((value % ofDay) + ofDay) % ofDay;
      const [day, clockPart] = [dayText((value - within) / ofDay), clockText(within, digits)];
      return day === null || clockPart === null ? null : `${day}T${clockPart}${isLocal ? "" : "Z"}`;
    },
  };
}

function secondsOf(offset: string): bigint | null {
  if (/^[Zz]$/.test(offset)) return 0n;
  const [hours = 0, minutes = 0] = offset.slice(1).split(":").map(Number);
  if (hours > 23 || minutes > 59) return null;
  const seconds = BigInt(hours * 3600 + minutes * 60);
  return offset.startsWith("-") ? -seconds : seconds;
}

const byName: ReadonlyMap<string | null, LogicalText> = new Map([
  ["date", { example: "2026-01-31", toNumber: dayOf, toText: dayText }],
  ["time-millis", time(3)],
  ["time-micros", time(6)],
  ["timestamp-millis", timestamp(3, false)],
  ["timestamp-micros", timestamp(6, false)],
  ["timestamp-nanos", timestamp(9, false)],
  ["local-timestamp-millis", timestamp(3, true)],
  ["local-timestamp-micros", timestamp(6, true)],
  ["local-timestamp-nanos", timestamp(9, true)],
]);

/** Null for a type that is what it is in JSON, too. */
export function logicalText({ logicalType }: { readonly logicalType: string | null }): LogicalText | null {
  return byName.get(logicalType) ?? null;
}

/** A decimal as the bytes of its unscaled number, the highest first; null for a text that is none, or has more digits. */
export function decimalBytes(text: string, { precision, scale }: Decimal, size: number | null): Buffer | null {
  const [, sign = "", whole = "", fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === "") return null;
  const exact = fraction.replace(/0+$/, "");
  if (exact.length > scale) return null;
  const digits = BigInt(whole + exact.padEnd(scale, "0"));
  if (String(digits).length > precision) return null;
  return twosComplement(sign === "-" ? -digits : digits, size);
}

export function decimalText(bytes: Uint8Array, { scale }: Decimal): string {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  value = BigInt.asIntN(bytes.length * 8, value);
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  const sign = value < 0n ? "-" : "";
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function twosComplement(value: bigint, size: number | null): Buffer | null {
  let length = size ?? 1;
  if (size === null) while (BigInt.asIntN(length * 8, value) !== value) length++;
  else if (BigInt.asIntN(length * 8, value) !== value) return null;
  return Buffer.from(
    BigInt.asUintN(length * 8, value)
      .toString(16)
      .padStart(length * 2, "0"),
    "hex",
  );
}
