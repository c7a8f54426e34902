import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { GetRoutes } from "./api-types.ts";
import { apiUrl, type Asked } from "./client.ts";

export type LiveState = "connecting" | "live" | "lost";

/**
 * Puts what server-sent events tell where `useApi` finds it: `live` sends whole answers of `route`. Connects again by itself, and
 * says meanwhile that what is shown may be old.
 */
export function useLive<R extends keyof GetRoutes>(live: string, event: string, route: R, asked: Asked, when = true): LiveState {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>("connecting");
  const url = when ? apiUrl(live, asked) : null;
  const key = JSON.stringify([route, asked.path ?? null, asked.query ?? null]);
  useEffect(() => {
    if (url === null) return undefined;
    const source = new EventSource(url);
    source.addEventListener("open", () => setState("live"));
    source.addEventListener("error", () => setState("lost"));
    source.addEventListener(event, ({ data }) => {
      client.setQueryData(JSON.parse(key) as unknown[], JSON.parse(String(data)));
    });
    return () => source.close();
  }, [client, url, event, key]);
  return state;
}
