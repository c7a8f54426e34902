import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { describe, it, test } from "node:test";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import {
  type Alert,
  isInsideAddress,
  isSignedWebhook,
  type ResolveHost,
  slackChannel,
  testChannel,
  webhookChannel,
} from "../src/index.ts";

const secret = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
const atMs = Date.UTC(2026, 6, 1, 12);
const alert: Alert = {
  id: "8f1d6d3e-0000-4000-8000-000000000001",
  kind: "alert",
  about: "lag",
  atMs,
  incidentId: "8f1d6d3e-0000-4000-8000-000000000000",
  group: "billing <!channel>",
  title: "billing <!channel> is 12,345 events behind; its limit is 10,000.",
  lines: ["Nobody reads: the group has no members.", "order & co: 12,345 events in 3 partitions."],
  url: "https://control.example.com/lag/incidents/1",
  facts: { behind: 12_345, limit: 10_000 },
};

interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

type Answer = { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> } | "never";

/** An HTTP receiver on this machine. */
class Receiver {
  readonly received: Received[] = [];
  answer: Answer = { status: 204 };
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        this.received.push({ url: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks).toString() });
        const { answer } = this;
        if (answer !== "never") response.writeHead(answer.status, answer.headers).end(answer.body);
      });
    });
  }

  static async open(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook?team=7`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const webhook = (url: string, more: object = {}) =>
  webhookChannel({ name: "pager", url, secret, allowInside: ["127.0.0.1"], timeoutMs: 5000, ...more });

const codeOf = async (work: Promise<unknown>): Promise<{ code: string; message: string; retryable: boolean }> => {
  try {
    await work;
  } catch (error) {
    return error as { code: string; message: string; retryable: boolean };
  }
  throw new Error("it was taken");
};

describe("webhooks", () => {
  it("are JSON that a library of Standard Webhooks finds rightly signed, and not when a byte differs", async () => {
    await using receiver = await Receiver.open();
    await webhook(receiver.url).send({ ...alert, title: "größer als 10 000 — 😀" });
    const [{ headers, body, url }] = receiver.received as [Received];
    const verified = new Webhook(secret).verify(body, headers as Record<string, string>) as { type: string; data: Alert };
    assert.equal(url, "/hook?team=7");
    assert.equal(headers["content-type"], "application/json");
    assert.equal(headers["webhook-id"], alert.id);
    assert.equal(verified.type, "lag.alert");
    assert.equal(verified.data.title, "größer als 10 000 — 😀");
    assert.deepEqual(verified.data.facts, alert.facts);
    assert.throws(() => new Webhook(secret).verify(body.replace("12345", "12346"), headers as Record<string, string>));
  });

  it("are verified by ours too: not another secret's, not another id's, not an old one", async () => {
    await using receiver = await Receiver.open();
    await webhook(receiver.url, { now: () => atMs }).send(alert);
    const [{ headers, body }] = receiver.received as [Received];
    assert.equal(isSignedWebhook(secret, headers, body, { nowMs: atMs + 60_000 }), true);
    assert.equal(isSignedWebhook(secret, headers, body, { nowMs: atMs + 600_000 }), false);
    assert.equal(isSignedWebhook(secret, headers, `${body} `, { nowMs: atMs }), false);
    assert.equal(isSignedWebhook(secret, { ...headers, "webhook-id": "other" }, body, { nowMs: atMs }), false);
    assert.equal(isSignedWebhook(secret.replace("MDEy", "MDEz"), headers, body, { nowMs: atMs }), false);
    assert.equal(isSignedWebhook(secret, { ...headers, "webhook-signature": "" }, body, { nowMs: atMs }), false);
  });

  it("are signed with both secrets while one takes the place of the other", async () => {
    await using receiver = await Receiver.open();
    const next = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
    await webhook(receiver.url, { secret: [secret, next] }).send(alert);
    const [{ headers, body }] = receiver.received as [Received];
    for (const each of [secret, next]) new Webhook(each).verify(body, headers as Record<string, string>);
  });

  it("that are refused are not tried again, and those that find nobody are", async () => {
    await using receiver = await Receiver.open();
    const statuses: [number, string][] = [
      [400, "ALERT_REFUSED"],
      [401, "ALERT_REFUSED"],
      [404, "ALERT_REFUSED"],
      [410, "ALERT_REFUSED"],
      [408, "ALERT_UNDELIVERED"],
      [429, "ALERT_UNDELIVERED"],
      [500, "ALERT_UNDELIVERED"],
      [503, "ALERT_UNDELIVERED"],
    ];
    for (const [status, expected] of statuses) {
      receiver.answer = { status, body: "no\r\nthanks" };
      const { code, message, retryable } = await codeOf(webhook(receiver.url).send(alert));
      assert.equal(code, expected, String(status));
      assert.equal(retryable, expected === "ALERT_UNDELIVERED");
      assert.match(message, new RegExp(`answers ${status}: no thanks`));
    }
    const { port } = receiver;
    await receiver[Symbol.asyncDispose]();
    const gone = await codeOf(webhook(`http://127.0.0.1:${port}/`).send(alert));
    assert.equal(gone.code, "ALERT_UNDELIVERED");
    assert.match(gone.message, /ECONNREFUSED/);
  });

  it("wait no longer than their time, for an answer, for its end, or for a connection", async () => {
    await using receiver = await Receiver.open();
    receiver.answer = "never";
    const startedAt = performance.now();
    const { code, message } = await codeOf(webhook(receiver.url, { timeoutMs: 200 }).send(alert));
    assert.equal(code, "ALERT_UNDELIVERED");
    assert.match(message, /no answer within 200 ms/);
    const drips = createTcpServer((socket) => {
      socket.on("error", () => undefined).write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nx");
    });
    await new Promise<void>((resolve) => drips.listen(0, "127.0.0.1", resolve));
    const dripUrl = `http://127.0.0.1:${(drips.address() as AddressInfo).port}/`;
    assert.match((await codeOf(webhook(dripUrl, { timeoutMs: 200 }).send(alert))).message, /no answer within 200 ms/);
    assert.ok(performance.now() - startedAt < 4000);
    drips.close();
  });

  it("say every problem of their description at once", () => {
    const describe = (given: object): unknown => webhook("https://pager.example.com", given);
    assert.throws(
      () => describe({ secret: "secret", timeoutMs: 0, url: "ftp://eva:pass@host" }),
      (error: Error) => {
        assert.match(error.message, /whsec_/);
        assert.match(error.message, /begins with ftp:/);
        assert.match(error.message, /timeoutMs is 0/);
        return true;
      },
    );
    assert.throws(() => describe({ url: "https://eva:pass@host" }), /holds a user or a password/);
    assert.throws(() => describe({ secret: `whsec_${Buffer.alloc(8).toString("base64")}` }), /24 bytes/);
    assert.throws(() => describe({ url: "pager" }), /its URL is none/);
  });
});

describe("the inside", () => {
  const inside = [
    "127.0.0.1",
    "127.255.0.3",
    "0.0.0.0",
    "10.0.0.8",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "2001:db8::1",
    "not an address",
    "",
  ];
  const outside = [
    "1.1.1.1",
    "8.8.8.8",
    "172.32.0.1",
    "192.169.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "::ffff:1.1.1.1",
    "64:ff9b::1.1.1.1",
    "2002:101:101::1",
  ];

  it("is told from the outside by address, however it is written", () => {
    assert.deepEqual(
      inside.filter((address) => !isInsideAddress(address)),
      [],
    );
    assert.deepEqual(outside.filter(isInsideAddress), []);
  });

  it("holds each IPv4 address in IPv6 exactly when it holds the address itself", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a, b, c, d] = address.split(".").map(Number) as [number, number, number, number];
        const [high, low] = [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
        for (const written of [
          `::ffff:${address}`,
          `::ffff:${high}:${low}`,
          `0:0:0:0:0:ffff:${high}:${low}`,
          `64:ff9b::${high}:${low}`,
          `2002:${high}:${low}::`,
        ])
          assert.equal(isInsideAddress(written), isInsideAddress(address), written);
      }),
    );
  });

  const refused = [
    "http://127.0.0.1:PORT/",
    "http://127.1:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://0:PORT/",
    "http://localhost:PORT/",
    "http://LOCALHOST:PORT/",
    "http://[::1]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/",
    "http://10.1.2.3/",
    "http://①②⑦.⓪.⓪.①:PORT/",
  ];
  for (const target of refused)
    it(`is not reached by ${target}`, async () => {
      await using receiver = await Receiver.open();
      const channel = webhook(target.replace("PORT", String(receiver.port)), { allowInside: [] });
      assert.equal((await codeOf(channel.send(alert))).code, "ALERT_TARGET_INSIDE");
      assert.equal(receiver.received.length, 0);
    });

  const resolveTo = (...answers: string[][]): ResolveHost => {
    let asked = 0;
    return (_host, done) => {
      const addresses = answers[Math.min(asked++, answers.length - 1)]!;
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      );
    };
  };

  it("is not reached by a name that means it, or that means it beside another address", async () => {
    await using receiver = await Receiver.open();
    for (const addresses of [["127.0.0.1"], ["93.184.215.14", "127.0.0.1"], ["::ffff:127.0.0.1"]]) {
      const channel = webhook(`http://pager.example.com:${receiver.port}/`, {
        allowInside: [],
        resolveHost: resolveTo(addresses),
      });
      const { code, message } = await codeOf(channel.send(alert));
      assert.equal(code, "ALERT_TARGET_INSIDE");
      assert.match(message, /may not reach pager\.example\.com: .* is an address of the inside/);
    }
    assert.equal(receiver.received.length, 0);
  });

  it("is not reached by a name that means it a moment later: what is connected to is what was checked, and nobody asks again", async () => {
    await using receiver = await Receiver.open();
    let asked = 0;
    const resolveHost: ResolveHost = (_host, done) => {
      asked += 1;
      done(null, [{ address: asked === 1 ? "127.0.0.1" : "127.0.0.2", family: 4 }]);
    };
    const url = `http://pager.internal:${receiver.port}/`;
    await webhook(url, { allowInside: ["pager.internal"], resolveHost }).send(alert);
    assert.deepEqual([asked, receiver.received.length], [1, 1]);
    const rebinding = webhook(url, { allowInside: [], resolveHost });
    assert.equal((await codeOf(rebinding.send(alert))).code, "ALERT_TARGET_INSIDE");
    assert.deepEqual([asked, receiver.received.length], [2, 1]);
  });

  it("is not reached by a redirect, of any kind", async () => {
    await using target = await Receiver.open();
    await using redirecting = await Receiver.open();
    for (const status of [301, 302, 303, 307, 308]) {
      redirecting.answer = { status, headers: { location: target.url } };
      const { code, message } = await codeOf(webhook(redirecting.url).send(alert));
      assert.equal(code, "ALERT_REFUSED");
      assert.match(message, /points to another address; redirects are not followed/);
    }
    assert.equal(redirecting.received.length, 5);
    assert.equal(target.received.length, 0);
  });

  it("is reached where that host is allowed, and only there", async () => {
    await using receiver = await Receiver.open();
    await webhook(receiver.url, { allowInside: true }).send(alert);
    await webhook(`http://pager.internal:${receiver.port}/`, {
      allowInside: ["pager.internal"],
      resolveHost: resolveTo(["127.0.0.1"]),
    }).send(alert);
    assert.equal(receiver.received.length, 2);
    assert.equal(
      (await codeOf(webhook(receiver.url, { allowInside: ["pager.internal"] }).send(alert))).code,
      "ALERT_TARGET_INSIDE",
    );
  });
});

test("Slack's message shows names as they are, and lets none of them call anybody", async () => {
  await using receiver = await Receiver.open();
  await slackChannel({ name: "team", url: receiver.url, allowInside: true }).send(alert);
  const message = JSON.parse(receiver.received[0]!.body) as { text: string; blocks: { type: string; text?: { text: string } }[] };
  assert.equal(message.text, ":red_circle: billing &lt;!channel&gt; is 12,345 events behind; its limit is 10,000.");
  assert.equal(message.blocks[0]!.type, "section");
  assert.match(message.blocks[0]!.text!.text, /\*billing &lt;!channel&gt; is .*\*\nNobody reads.*\norder &amp; co/);
  assert.doesNotMatch(JSON.stringify(message), /<!channel>/);
  assert.match(JSON.stringify(message.blocks[1]), /<https:\/\/control\.example\.com\/lag\/incidents\/1\|open>/);
  receiver.answer = { status: 404, body: "no_service" };
  assert.match(
    (await codeOf(slackChannel({ name: "team", url: receiver.url, allowInside: true }).send(alert))).message,
    /no_service/,
  );
});

test("a test of a channel says in a sentence what came of it", async () => {
  await using receiver = await Receiver.open();
  const asked = { id: "t-1", nowMs: atMs, by: "eva" };
  const good = await testChannel(webhook(receiver.url), asked);
  assert.equal(good.ok, true);
  assert.match(good.sentence, /^The channel "pager" took the test in \d+ ms\.$/);
  assert.match(receiver.received[0]!.body, /"type":"lag\.test".*asked for by eva/);
  receiver.answer = { status: 401, body: "who are you" };
  const bad = await testChannel(webhook(receiver.url), asked);
  assert.equal(bad.ok, false);
  assert.match(bad.sentence, /^The alert channel "pager" refuses what is sent to it: 127\.0\.0\.1:\d+ answers 401: who are you$/);
});
