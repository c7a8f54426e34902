/** Whether every multiple of `divisor × n` … : whether `number` is a multiple of `divisor`, in decimals and not in binary fractions. */
export function isMultiple(number: number, divisor: number): boolean {
  const [a, b] = [decimal(number), decimal(divisor)];
  const scale = Math.max(a.scale, b.scale);
  return (a.digits * 10n ** BigInt(scale - a.scale)) % (b.digits * 10n ** BigInt(scale - b.scale)) === 0n;
}

/** As whole digits and how many of them stand behind the point. */
function decimal(number: number): { digits: bigint; scale: number } {
  const [mantissa = "0", exponent = "0"] = String(number).split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}
