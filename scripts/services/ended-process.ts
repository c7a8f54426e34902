import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

/** Whether the process of this pid runs and its command line has `words`: a pid alone may be another program's by now. */
export async function runsWith(pid: number, words: string): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)("ps", ["-p", String(pid), "-ww", "-o", "args="]);
    return stdout.includes(words);
  } catch {
    return false;
  }
}

/** Ends a process, kindly for so long and then by SIGKILL. Does nothing when it is gone or another program's. */
export async function endProcess(pid: number, words: string, patienceMs = 10_000): Promise<void> {
  if (!(await runsWith(pid, words))) return;
  process.kill(pid, "SIGTERM");
  const deadline = performance.now() + patienceMs;
  while (await runsWith(pid, words)) {
    if (performance.now() > deadline) process.kill(pid, "SIGKILL");
    await delay(100);
  }
}
