import { startWatchdog, type Watchdog } from "./event-loop-watchdog.ts";
import type { Running } from "./running-service.ts";

interface Startable {
  readonly name: string;
  readonly log: {
    info(text: string): void;
    error(fields: object, text: string): void;
    bindings?(): Readonly<Record<string, unknown>>;
  };
  start(): Promise<Running>;
}

export interface RunOptions {
  /** Closes what the application opened besides (an HTTP server); runs before the service closes, so that nothing new comes in. */
  readonly onClose?: () => Promise<unknown> | void;
  /** Called when the service has started. */
  readonly onStart?: (running: Running) => Promise<unknown> | void;
  /**
   * A process whose event loop stands still for so long is ended with SIGKILL, by a thread that watches it: nothing else could end it, and what it runs could be run nowhere else. 0: never. Default: 10,000 ms, after
   * which its group counts it as gone anyway.
   */
  readonly standstillMs?: number;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** The service's own deadline, and a little for what the application closes. */
const longestCloseMs = 30_000;
/** A session, as `timings` has it by default. */
const defaultStandstillMs = 10_000;

/**
 * Starts a service, closes it cleanly on SIGINT, SIGTERM or SIGHUP, and settles with the exit code: 0 after a clean stop, 1 when
 * it could not start or close. A second signal ends the process at once.
 * @example
 *   process.exitCode = await runUntilSignal(billing);
 */
export async function runUntilSignal(service: Startable, options: RunOptions = {}): Promise<number> {
  const stop = Promise.withResolvers<string>();
  let asked = 0;
  const onSignal = (signal: string): void => {
    asked++;
    if (asked > 1) process.exit(1);
    stop.resolve(signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  // Keeps the process alive while it waits for its signal.
  const alive = setInterval(() => undefined, 2 ** 30);
  let running: Running | undefined;
  let late: NodeJS.Timeout | undefined;
  let watchdog: Watchdog | null = null;
  const startDeadline = (): void => {
    late ??= setTimeout(() => process.exit(1), longestCloseMs);
  };
  try {
    // Before the start, for it runs events before it has settled.
    watchdog = watch(service, options.standstillMs ?? defaultStandstillMs);
    running = await service.start();
    watchdog?.started();
    await options.onStart?.(running);
    service.log.info(`${await stop.promise}: closing`);
    startDeadline();
    await options.onClose?.();
    await running.close();
    return 0;
  } catch (error) {
    service.log.error({ err: error }, error instanceof Error ? error.message : String(error));
    startDeadline();
    // What runs would keep the process alive, and go on handling.
    await running?.close().catch(() => undefined);
    return 1;
  } finally {
    clearTimeout(late);
    clearInterval(alive);
    for (const signal of signals) process.off(signal, onSignal);
    await watchdog?.stop();
  }
}

function watch(service: Startable, standstillMs: number): Watchdog | null {
  if (standstillMs <= 0) return null;
  const fields = service.log.bindings?.() ?? { service: service.name };
  const onTrouble = (error: Error): void =>
    service.log.error({ err: error }, "the watchdog has failed; a process that stands still is not ended any more");
  return startWatchdog({ standstillMs, fields, onTrouble });
}
