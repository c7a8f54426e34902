/** How long `work` kept the event loop from turning at most; by the clock, and by the processor, which a busy machine disturbs least. */
export async function longestHold(
  work: (turn: () => Promise<void>) => Promise<void>,
): Promise<{ readonly ms: number; readonly cpuMs: number }> {
  const held = { ms: 0, cpuMs: 0 };
  let isOver = false;
  let [at, cpu] = [performance.now(), process.cpuUsage()];
  const look = (): void => {
    const { user, system } = process.cpuUsage(cpu);
    held.ms = Math.max(held.ms, performance.now() - at);
    held.cpuMs = Math.max(held.cpuMs, (user + system) / 1_000);
    [at, cpu] = [performance.now(), process.cpuUsage()];
    if (!isOver) setTimeout(look, 1);
  };
  setTimeout(look, 1);
  await work(() => new Promise((resolve) => setImmediate(resolve)));
  isOver = true;
  look();
  return held;
}
