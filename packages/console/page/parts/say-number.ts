const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const small = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });

/** `12,400`. */
export const count = (value: number): string => whole.format(value);

/** `1 failure`, `12 failures`. */
export const counted = (value: number, one: string, many: string = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** `+12/s`, `−3.4/s`. */
export function perSecond(value: number): string {
  const size = Math.abs(value) >= 10 ? whole : small;
  const text = size.format(Math.abs(value));
  if (text === "0") return "0/s";
  return `${value < 0 ? "−" : "+"}${text}/s`;
}
