import { useApi } from "../../api/use-api.ts";
import { useSearch } from "../../router/location.ts";
import type { Level } from "./log-lines.tsx";

export const levels: Readonly<Record<Level | "", string>> = {
  "": "All levels",
  trace: "trace and worse",
  debug: "debug and worse",
  info: "info and worse",
  warn: "warn and worse",
  error: "error and worse",
  fatal: "fatal",
};

/** More are not looked through line by line. */
const mostLines = 1_000;
/** As they come. */
const everyMs = 2_000;

/** A flow's log lines, narrowed as the address says. */
export function useFlowLogs(id: string) {
  const [search, change] = useSearch();
  const given = search.get("level") ?? "";
  const level = given in levels ? (given as keyof typeof levels) : "";
  const text = search.get("line") ?? "";
  const answer = useApi("/flows/{id}/logs", {
    path: { id },
    query: { level: level === "" ? undefined : level, text: text.slice(0, 200), limit: mostLines },
    everyMs,
  });
  return { answer, level, text, narrow: (to: { level?: string; line?: string }) => change(to) };
}
