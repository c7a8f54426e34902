/** Calls `work` for 0 … `count` - 1, in order, by so many callers that each wait for their call before they make the next. */
export async function byCallers(callers: number, count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
}
