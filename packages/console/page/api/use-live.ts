import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { GetRoutes } from "./api-types.ts";
import { apiUrl, type Asked } from "./client.ts";
import { type LiveState, openLive } from "./open-live.ts";

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
    return openLive(url, {
      on: { [event]: (data) => void client.setQueryData(JSON.parse(key) as unknown[], data) },
      tell: setState,
    });
  }, [client, url, event, key]);
  return state;
}
