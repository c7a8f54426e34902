/**
 * What a test is run at: the smaller size in `npm test`, the full one in `npm run soak`, which runs every test file that asks
 * here and sets THROUGHLINE_SOAK=1.
 * @example
 *   const orders = sizes({ test: 5_000, soak: 20_000 });
 */
export function sizes<T>({ test, soak }: { readonly test: T; readonly soak: T }): T {
  return isSoak ? soak : test;
}

/** For a size that does not change what is tested, such as the time limit of a test. */
export const isSoak = process.env.THROUGHLINE_SOAK === "1";
