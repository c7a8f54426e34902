import { urlOf, type ServerName } from "../front-door/ports.ts";

/** Another service did not do what it was asked. */
export class CallFailed extends Error {
  readonly service: ServerName;
  readonly timedOut: boolean;

  constructor(service: ServerName, why: string, timedOut: boolean) {
    super(`${service} failed: ${why}`);
    this.service = service;
    this.timedOut = timedOut;
  }
}

const timeoutMs = 2_000;
const retryDelaysMs = [500, 1_000];

/** Posts to another service as teams usually do: a timeout, and two more tries when it fails. */
export async function post<Answer>(service: ServerName, path: string, body: unknown): Promise<Answer> {
  for (const delayMs of retryDelaysMs) {
    try {
      return await postOnce(service, path, body);
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
  return postOnce(service, path, body);
}

async function postOnce<Answer>(service: ServerName, path: string, body: unknown): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(urlOf(service) + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    const timedOut = (error as Error).name === "TimeoutError";
    throw new CallFailed(
      service,
      timedOut ? `no answer within ${timeoutMs} ms` : String((error as Error).cause ?? error),
      timedOut,
    );
  }
  if (!response.ok)
    throw new CallFailed(service, `it answered ${response.status}: ${await response.text()}`, response.status === 504);
  return (await response.json()) as Answer;
}
