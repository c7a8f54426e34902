// Loaded into a process before its program (--import), ends it at a crash point as kill -9 would:
//   THROUGHLINE_CRASH_AT     lane.after-commit@3,relay.after-send@1   the third time at the first, the first time at the second
//                            lane.before-commit@2!                    it does not die there, it stands still (SIGSTOP)
//   THROUGHLINE_CRASH_FILE   to which the name of the point is written before the process dies; and "acquired" when it is given
//                            partitions, for before that it cannot have hit an event
// A process that runs can be armed by a message, { crashAt: "…" }, too. It tells by a message that it has joined its group.
import { appendFileSync } from "node:fs";
import { onCrashPoint } from "throughline/seams";

const file = process.env.THROUGHLINE_CRASH_FILE;
let left = new Map<string, { times: number; stops: boolean }>();
let hasAcquired = false;

function arm(crashAt: string): void {
  left = new Map(
    crashAt.split(",").map((point): [string, { times: number; stops: boolean }] => {
      const [name = "", times = "1"] = point.split("@");
      return [name, { times: Number.parseInt(times), stops: times.endsWith("!") }];
    }),
  );
}

function note(line: string): void {
  if (file !== undefined) appendFileSync(file, `${line}\n`);
}

onCrashPoint((name) => {
  if (name === "group.after-acquire" && !hasAcquired) {
    hasAcquired = true;
    note("acquired");
  }
  const armed = left.get(name);
  if (armed?.times === 1) {
    left.delete(name);
    note(armed.stops ? `stopped ${name}` : name);
    process.kill(process.pid, armed.stops ? "SIGSTOP" : "SIGKILL");
    if (armed.stops) return;
    // The signal is on its way; nothing more may happen before it is there.
    for (;;);
  }
  if (armed !== undefined) armed.times--;
  if (name === "start.after-join") process.send?.({ hasJoined: true });
});

arm(process.env.THROUGHLINE_CRASH_AT ?? "");
process.on("message", (message: { crashAt?: string }) => {
  if (message.crashAt !== undefined) arm(message.crashAt);
});
// Waiting for such a message is no reason to live.
process.channel?.unref();
