import { readFileSync, readlinkSync } from "node:fs";

/**
 * Names this process so that no other one, not even a later one with the same pid, has the name: pid, start time in clock
 * ticks, and pid namespace. Without /proc only the pid is known.
 */
export function thisProcess(): string {
  own ??= `${process.pid}.${processStat(process.pid)?.startTicks ?? 0}.${pidNamespace()}`;
  return own;
}

/**
 * Whether the process that `identity` names still runs. A process in another pid namespace (a container that shares the folder)
 * cannot be seen, and counts as alive: its heartbeat must tell.
 */
export function isAlive(identity: string): boolean {
  if (identity === thisProcess()) return true;
  const [pid, startTicks, namespace] = identity.split(".");
  if (namespace !== pidNamespace()) return true;
  const stat = processStat(Number(pid));
  if (stat === null) return answersSignals(Number(pid));
  const exited = stat.state === "Z" || stat.state === "X";
  return !exited && (startTicks === "0" || stat.startTicks === startTicks);
}

let own: string | undefined;
let namespaceOfThisProcess: string | undefined;

function pidNamespace(): string {
  if (namespaceOfThisProcess === undefined) {
    try {
      namespaceOfThisProcess = /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
    } catch {
      namespaceOfThisProcess = "0";
    }
  }
  return namespaceOfThisProcess;
}

/** Fields 3 and 22 of /proc/<pid>/stat (man 5 proc). The second one, the command, may itself hold spaces and parentheses. */
function processStat(pid: number): { state: string; startTicks: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", startTicks: fields[19] ?? "0" };
  } catch {
    return null;
  }
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
