import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { isSignedWebhook } from "@throughline/control";
import { until } from "../../examples/shop/driver/until.ts";

/** What a pager is told: the body of a webhook. */
export interface Page {
  readonly type: string;
  readonly data: {
    readonly kind: "alert" | "escalation" | "recovery";
    readonly group: string;
    readonly incidentId: string;
    readonly title: string;
    readonly lines: readonly string[];
    readonly url: string | null;
  };
}

/** A receiver of alerts, as a paging service has one. */
export interface Pager {
  readonly url: string;
  readonly secret: string;
  /** All that it took, in order: once for each id. */
  readonly heard: readonly Page[];
  /** Deliveries that it refused: their signature was not by the secret. */
  readonly refused: number;
  /** Waits for the first of a type. */
  hear(type: string): Promise<Page["data"]>;
  close(): Promise<void>;
}

/** Starts a pager on 127.0.0.1, which takes only what is signed with its secret. */
export async function startPager(): Promise<Pager> {
  const secret = `whsec_${Buffer.from("thirty-two bytes that nobody knows").toString("base64")}`;
  const heard = new Map<string, Page>();
  let refused = 0;
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const isSigned = isSignedWebhook(secret, request.headers, body, { nowMs: Date.now() });
    if (isSigned) heard.set(String(request.headers["webhook-id"]), JSON.parse(body) as Page);
    else refused++;
    response.writeHead(isSigned ? 204 : 401).end();
  };
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/page`,
    secret,
    get heard() {
      return [...heard.values()];
    },
    get refused() {
      return refused;
    },
    hear: async (type) =>
      (await until(`the pager hears ${type}`, () => [...heard.values()].find((page) => page.type === type))).data,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
