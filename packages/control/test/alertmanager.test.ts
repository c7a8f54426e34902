import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { type Alert, alertmanagerChannel } from "../src/index.ts";

const openedMs = Date.UTC(2026, 6, 1, 12);
const alert: Alert = {
  id: "a-1",
  kind: "alert",
  about: "lag",
  atMs: openedMs + 10_000,
  incidentId: "i-1",
  group: "billing",
  title: "billing is 12,345 events behind; its limit is 10,000.",
  lines: ["Nobody reads: the group has no members.", "order: 12,345 events in 3 partitions."],
  url: "https://throughline.example.com/lag/billing",
  facts: { opened_at: new Date(openedMs).toISOString() },
};

interface Posted {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: { labels: object; annotations: object; startsAt: string; endsAt: string; generatorURL?: string }[];
}

async function alertmanager(t: TestContext): Promise<{ url: string; posted: Posted[] }> {
  const posted: Posted[] = [];
  const server = createServer((request, response) => {
    const { url = "", headers } = request;
    void request.toArray().then((chunks) => {
      posted.push({ url, headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
      response.end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, posted };
}

test("an incident is one alert at the Alertmanager, from its first word to its recovery", async (t) => {
  const { url, posted } = await alertmanager(t);
  const options = { name: "metrics", url, bearer: "t-1", labels: { team: "payments" }, allowInside: true };
  const channel = alertmanagerChannel(options);
  const endedMs = openedMs + 600_000;
  await channel.send(alert);
  await channel.send({ ...alert, id: "a-2", kind: "escalation", atMs: openedMs + 60_000 });
  await channel.send({ ...alert, id: "a-3", kind: "recovery", atMs: endedMs });
  assert.deepEqual(
    posted.map(({ url: path, headers }) => [path, headers.authorization]),
    Array.from({ length: 3 }, () => ["/api/v2/alerts", "Bearer t-1"]),
  );
  const [first, second, last] = posted.map(({ body }) => body[0]!);
  const labels = { team: "payments", alertname: "ThroughlineLag", group: "billing", incident: "i-1" };
  for (const one of [first, second, last]) assert.deepEqual([one!.labels, one!.startsAt], [labels, alert.facts["opened_at"]]);
  assert.deepEqual(first!.annotations, { summary: alert.title, description: alert.lines.join("\n") });
  assert.ok(Date.parse(first!.endsAt) > endedMs);
  assert.equal(last!.endsAt, new Date(endedMs).toISOString());
  assert.equal(first!.generatorURL, alert.url);
});

test("a test stands for no incident, and is over by itself; an address below a path stays there", async (t) => {
  const { url, posted } = await alertmanager(t);
  const channel = alertmanagerChannel({ name: "metrics", url: `${url}/alertmanager`, allowInside: true });
  await channel.send({ ...alert, kind: "test", facts: {} });
  assert.equal(posted[0]!.url, "/alertmanager/api/v2/alerts");
  const [sent] = posted[0]!.body;
  assert.deepEqual((sent!.labels as { alertname: string }).alertname, "ThroughlineTest");
  assert.equal(Date.parse(sent!.endsAt) - Date.parse(sent!.startsAt), 60_000);
});

test("a label that Prometheus does not take is refused before anything is sent", () => {
  assert.throws(() => alertmanagerChannel({ name: "metrics", url: "https://a.example.com", labels: { "team-a": "x" } }), {
    code: "ALERT_CHANNEL_INVALID",
    message: /"team-a" is no name of a label/,
  });
});
