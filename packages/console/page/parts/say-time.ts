/** In which times are shown. */
export type Zone = "local" | "utc";

const options = (zone: Zone): Intl.DateTimeFormatOptions => (zone === "utc" ? { timeZone: "UTC" } : {});
const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;

const timeFormats: Readonly<Record<Zone, Intl.DateTimeFormat>> = {
  local: new Intl.DateTimeFormat("en-GB", { ...clock, ...options("local") }),
  utc: new Intl.DateTimeFormat("en-GB", { ...clock, ...options("utc") }),
};
const dayFormats: Readonly<Record<Zone, Intl.DateTimeFormat>> = {
  local: new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "short", ...options("local") }),
  utc: new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "short", ...options("utc") }),
};

export const timeOfDay = (at: number, zone: Zone): string => timeFormats[zone].format(at);
export const dayAndTime = (at: number, zone: Zone): string => `${dayFormats[zone].format(at)} ${timeOfDay(at, zone)}`;

/** An instant in both zones; once where both are the same. */
export const inBothZones = (at: number): string => sayBoth(dayAndTime(at, "local"), dayAndTime(at, "utc"));
export const sayBoth = (local: string, utc: string): string => (local === utc ? `${utc} UTC` : `${local} here · ${utc} UTC`);

/** `12 s ago`, `in 3 min`. */
export function ago(at: number, now: number): string {
  const ms = now - at;
  if (Math.abs(ms) < 1_000) return "now";
  return ms > 0 ? `${duration(ms)} ago` : `in ${duration(-ms)}`;
}

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
] as const;

/** `2 d 4 h`, `3 min 12 s`, `450 ms`: its two largest units. */
export function duration(ms: number): string {
  if (ms < 1_000) return ms < 10 ? `${Number(ms.toPrecision(2))} ms` : `${Math.round(ms)} ms`;
  const at = units.findIndex(([, size]) => ms >= size);
  const [unit, size] = units[at]!;
  const smaller = units[at + 1];
  const rest = smaller === undefined ? 0 : Math.floor((ms % size) / smaller[1]);
  const whole = smaller === undefined && ms < 10_000 ? Number((ms / size).toFixed(1)) : Math.floor(ms / size);
  return rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${smaller![0]}`;
}
