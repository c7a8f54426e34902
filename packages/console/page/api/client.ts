import type { DeleteRoutes, GetRoutes, PatchRoutes, PostRoutes, PutRoutes } from "./api-types.ts";

/** What a route takes, without what it does not. */
export interface Asked {
  readonly path?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
}

/** A problem that the API answered with (RFC 9457), or that there was no answer. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];

  constructor(status: number, code: string, detail: string, errors: ApiProblem["errors"] = []) {
    super(detail);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

/** The address of a route below `/api/v1`. */
export function apiUrl(route: string, { path = {}, query = {} }: Asked = {}): string {
  const filled = route.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ""));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const one of value as readonly string[]) search.append(name, one);
    else if (value !== undefined && value !== "") search.append(name, String(value));
  }
  return `/api/v1${filled}${search.size === 0 ? "" : `?${search}`}`;
}

export async function get<R extends keyof GetRoutes>(
  route: R,
  asked: Asked = {},
  signal?: AbortSignal,
): Promise<GetRoutes[R]["answer"]> {
  return ask("GET", apiUrl(route, asked), undefined, signal);
}

interface Changes {
  readonly POST: PostRoutes;
  readonly PUT: PutRoutes;
  readonly PATCH: PatchRoutes;
  readonly DELETE: DeleteRoutes;
}

/** Asks for a change. */
export async function send<M extends keyof Changes, R extends keyof Changes[M] & string>(
  method: M,
  route: R,
  asked: Asked & { readonly body?: unknown } = {},
): Promise<Answer<Changes[M][R]>> {
  return (await ask(method, apiUrl(route, asked), asked.body)) as Answer<Changes[M][R]>;
}

type Answer<R> = R extends { readonly answer: infer A } ? A : never;

async function ask(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  // No page of another site can send it, so a change with this browser's session is one of ours.
  if (method !== "GET") headers["x-throughline-csrf"] = "1";
  const answer = await fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new ApiProblem(0, "NO_ANSWER", "The control plane does not answer. It is tried again by itself.");
  });
  if (!answer.ok) throw await problemIn(answer);
  return answer.status === 204 ? undefined : await answer.json();
}

async function problemIn(answer: Response): Promise<ApiProblem> {
  const problem = (await answer.json().catch(() => ({}))) as Partial<ApiProblem & { readonly detail: string }>;
  const { code = `HTTP_${answer.status}`, detail = `The control plane answered ${answer.status}.`, errors = [] } = problem;
  return new ApiProblem(answer.status, code, detail, errors);
}
