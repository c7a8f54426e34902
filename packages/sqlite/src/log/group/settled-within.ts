/** Waits until `promise` settles, but not longer than `timeoutMs`. Never rejects. */
export async function settledWithin(promise: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
  await Promise.race([promise.then(ignore, ignore), timeout]);
  clearTimeout(timer);
}

function ignore(): void {}
