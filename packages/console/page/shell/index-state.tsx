import { useState } from "react";
import { useApi } from "../api/use-api.ts";
import { useNow } from "../parts/clock.tsx";
import { Status } from "../parts/status.tsx";
import { sayIndex } from "./say-index.ts";

interface IndexStateProps {
  /** On a narrow screen only what is not well is worth its room. */
  readonly isQuiet?: boolean;
}

/** Whether what the page shows can be trusted: how far the index of the log is. */
export function IndexState({ isQuiet = false }: IndexStateProps) {
  const { data, error } = useApi("/index");
  const now = useNow();
  const [behindSinceMs, setBehindSince] = useState<number | null>(null);
  const isBehind = (data?.behind ?? 0) > 0;
  if (isBehind !== (behindSinceMs !== null)) setBehindSince(isBehind ? now : null);
  if (error !== null) return <Status tone="bad">No answer</Status>;
  if (data === undefined)
    return isQuiet ? null : (
      <span className="bone" style={{ width: "7rem", height: "1.4rem" }} role="status" aria-label="Loading" />
    );
  const { tone, word } = sayIndex(data, behindSinceMs === null ? 0 : now - behindSinceMs);
  return isQuiet && (tone === "good" || tone === "calm") ? null : <Status tone={tone}>{word}</Status>;
}
