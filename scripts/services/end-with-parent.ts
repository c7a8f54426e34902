import { spawn } from "node:child_process";

/**
 * Starts a shell that waits until this process is gone, however it ended (kill -9 too), and then kills the processes whose pids
 * stand in files named `pid` of the folder's own folders, and removes the folder. `stop()` ends the shell.
 */
export function endWithParent(folder: string): { stop(): void } {
  // Its standard input ends with us.
  const script = 'cat > /dev/null; for file in "$1"/*/pid; do kill -9 "$(cat "$file")" 2> /dev/null; done; rm -rf "$1"';
  const shell = spawn("sh", ["-c", script, "sh", folder], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  shell.unref();
  (shell.stdin as unknown as { unref(): void }).unref();
  return { stop: () => void shell.kill("SIGKILL") };
}
