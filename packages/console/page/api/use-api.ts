import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";
import type { GetRoutes } from "./api-types.ts";
import { type ApiProblem, type Asked, get } from "./client.ts";

export interface ApiOptions extends Asked {
  /** Asks again this often, while the page is looked at. Default: 5 s. 0: only when something changed. */
  readonly everyMs?: number;
  /** False: not yet. */
  readonly when?: boolean;
}

/** What the API says now. Old answers stay until the new one is there, so that nothing jumps. */
export function useApi<R extends keyof GetRoutes>(
  route: R,
  { path, query, everyMs = 5_000, when = true }: ApiOptions = {},
): UseQueryResult<GetRoutes[R]["answer"], ApiProblem> {
  return useQuery<GetRoutes[R]["answer"], ApiProblem>({
    queryKey: [route, path ?? null, query ?? null],
    queryFn: ({ signal }) => get(route, { ...(path && { path }), ...(query && { query }) }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: everyMs === 0 ? false : everyMs,
    enabled: when,
  });
}
