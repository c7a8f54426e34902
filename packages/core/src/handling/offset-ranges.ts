/** Offsets as ranges, both ends included, in order. */
export type OffsetRanges = readonly (readonly [from: number, to: number])[];

/** @param offsets In order. */
export function offsetRanges(offsets: readonly number[]): OffsetRanges {
  const ranges: [number, number][] = [];
  for (const offset of offsets) {
    const last = ranges.at(-1);
    if (last !== undefined && offset <= last[1] + 1) last[1] = offset;
    else ranges.push([offset, offset]);
  }
  return ranges;
}

export function holdsOffset(ranges: OffsetRanges, offset: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [from, to] = ranges[middle] as readonly [number, number];
    if (offset < from) high = middle - 1;
    else if (offset > to) low = middle + 1;
    else return true;
  }
  return false;
}
