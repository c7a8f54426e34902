import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type ControlConfig, ControlConfigSchema, readControlConfig } from "@throughline/control";

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

const read = (config: unknown, { env = {}, files = {} }: Given = {}): Promise<ControlConfig> =>
  readControlConfig("control.json", {
    env,
    readFile: async (path) => {
      if (path === "control.json") return typeof config === "string" ? config : JSON.stringify(config);
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
      return text;
    },
  });

async function problemsOf(config: unknown, given: Given = {}): Promise<readonly string[]> {
  try {
    await read(config, given);
  } catch (error) {
    const { code, details } = error as { code: string; details: { problems: string[] } };
    assert.equal(code, "CONTROL_CONFIG_INVALID");
    return details.problems;
  }
  return [];
}

test("channels have their secrets from the environment, from the file that it names, or from a file", async () => {
  const { lag } = await read(
    {
      alerts: {
        channels: {
          pager: { kind: "webhook", url: "https://pager.example.com/hooks/7", secret: { env: "PAGER_SECRET" } },
          team: { kind: "slack", url: { env: "TEAM_URL" } },
          mail: { kind: "email", server: { file: "/run/smtp" }, from: "a@example.com", to: ["b@example.com"] },
          metrics: { kind: "prometheus", url: "http://alertmanager:9093", bearer: { file: "/run/bearer" }, allowInside: true },
        },
        rules: { default: { maxBehind: 5_000, escalation: [{ afterMs: 0, channels: ["team"] }] } },
      },
      retention: { lagDays: 2 },
    },
    {
      env: { PAGER_SECRET: secret, TEAM_URL_FILE: "/run/team" },
      files: {
        "/run/team": "https://hooks.example.com/services/T\n",
        "/run/smtp": "smtps://u:p@mail.example.com",
        "/run/bearer": "t",
      },
    },
  );
  assert.deepEqual(
    lag.channels.map(({ name, kind, target }) => [name, kind, target]),
    [
      ["pager", "webhook", "pager.example.com"],
      ["team", "slack", "hooks.example.com"],
      ["mail", "email", "b@example.com"],
      ["metrics", "prometheus", "alertmanager:9093"],
    ],
  );
  assert.equal(lag.rules.default?.maxBehind, 5_000);
  assert.equal(lag.historyMs, 2 * 86_400_000);
});

test("an empty configuration is one, and days and gigabytes become what the index takes", async () => {
  assert.deepEqual((await read({})).retention, {});
  const { retention } = await read({
    retention: { eventsDays: 1, deadLettersDays: null, indexGigabytes: 0.5, logsDays: 2, logsGigabytes: null },
  });
  assert.deepEqual(retention, {
    eventsMs: 86_400_000,
    deadLettersMs: null,
    maxBytes: 512 * 1024 ** 2,
    logsMs: 172_800_000,
    logsMaxBytes: null,
  });
});

test("every problem is told at once, with its place", async () => {
  assert.deepEqual(
    await problemsOf({
      alerts: {
        channels: {
          pager: { kind: "webhook", url: "pager", secret: { env: "PAGER_SECRET" } },
          mail: { kind: "email", server: "smtp://u:hunter2@mail", from: "a@example.com", to: ["b@example.com"] },
          team: { kind: "slack", url: { file: "/run/none" } },
        },
        rules: { groups: { billing: { escalation: [{ afterMs: 0, channels: ["nobody"] }] } } },
      },
      retention: { lagDays: -1 },
    }),
    [
      "/retention/lagDays must be > 0",
      "/alerts/channels/pager/secret neither PAGER_SECRET nor PAGER_SECRET_FILE is set",
      '/alerts/channels/mail/server it holds a password, which belongs elsewhere: give {"env": "NAME"} or {"file": "path"}',
      "/alerts/channels/team/url the file /run/none cannot be read: ENOENT",
      '/alerts/rules billing: its escalation tells "nobody", and the channels are pager, mail, team',
    ],
  );
});

test("what has not the form of a configuration is told by its place in a sentence", async () => {
  const webhook = (part: object) => ({
    alerts: { channels: { pager: { kind: "webhook", url: "https://p.example.com", secret: { env: "S" }, ...part } } },
  });
  const one = async (config: unknown): Promise<string> => {
    const problems = await problemsOf(config, { env: { S: secret } });
    assert.equal(problems.length, 1, problems.join("\n"));
    return problems[0]!;
  };
  assert.equal(
    await one(webhook({ kind: "pigeon" })),
    "/alerts/channels/pager has no kind, or one that is unknown: webhook, slack, email or prometheus",
  );
  assert.match(await one(webhook({ secret })), /^\/alerts\/channels\/pager\/secret must be a place where a secret stands/);
  assert.match(await one(webhook({ url: 7 })), /^\/alerts\/channels\/pager\/url must be a text, or a place/);
  assert.equal(await one(webhook({ color: "red" })), '/alerts/channels/pager has a field that is not known: "color"');
  assert.match(await one({ alerts: { rules: { default: { statuses: ["ok"] } } } }), /statuses\/0 must be .*: warning, stopped/);
  assert.match(await one({ retention: { eventsDays: 0 } }), /^\/retention\/eventsDays must be > 0/);
  assert.match(await one("{ alerts: }"), /^it is no JSON: /);
  assert.match(
    await one({ alerts: { channels: { "a b": { kind: "slack", url: "https://s.example.com" } } } }),
    /not known: "a b"/,
  );
  assert.equal((await problemsOf({ retention: { lagDays: "x" }, alarms: {} })).length, 2);
});

test("a file that is not there is said to be so", async () => {
  const gone = () => Promise.reject(Object.assign(new Error("no such file"), { code: "ENOENT" }));
  await assert.rejects(readControlConfig("control.json", { env: {}, readFile: gone }), {
    code: "CONTROL_CONFIG_INVALID",
    message: /control\.json cannot be used:\n  - it cannot be read: ENOENT/,
  });
});

test("no problem shows a secret, wherever it is wrong", async () => {
  const marked = "very-very-secret";
  for (const channel of [
    { kind: "webhook", url: "https://p.example.com", secret: { env: "S" } },
    { kind: "slack", url: { env: "S" } },
    { kind: "email", server: { env: "S" }, from: "a@example.com", to: ["b@example.com"] },
    { kind: "email", server: `smtp://u:${marked}@mail`, from: "a@example.com", to: ["b@example.com"] },
    { kind: "webhook", url: "https://p.example.com", secret: marked },
    { kind: "prometheus", url: `https://u:${marked}@p.example.com` },
  ]) {
    const problems = await problemsOf({ alerts: { channels: { one: channel } } }, { env: { S: marked } });
    assert.equal(problems.length, 1, JSON.stringify(channel));
    assert.doesNotMatch(problems[0]!, new RegExp(marked));
  }
  for (const database of [{ env: "S" }, `postgres://u:${marked}@db/control`, `mysql://u:${marked}@db`]) {
    const problems = await problemsOf({ database }, { env: { S: marked } });
    assert.equal(problems.length, 1, JSON.stringify(database));
    assert.match(problems[0]!, /^\/database /);
    assert.doesNotMatch(problems[0]!, new RegExp(marked));
  }
});

test("the configuration that the guide shows can be used", async () => {
  const guide = readFileSync(new URL("../../../docs/guide/lag.md", import.meta.url), "utf8");
  const shown = /```json\n([\s\S]*?)```/.exec(guide)?.[1];
  assert.ok(shown !== undefined);
  const env = { SLACK_URL: "https://hooks.example.com/T", PAGER_SECRET: secret, SMTP_URL: "smtps://u:p@mail.example.com" };
  const { lag } = await read(shown, { env });
  assert.deepEqual(
    lag.channels.map(({ kind }) => kind),
    ["slack", "webhook", "email", "prometheus"],
  );
});

test("the schema that is published is the one that counts", () => {
  const file = new URL("../control-config.schema.json", import.meta.url);
  const published: unknown = JSON.parse(readFileSync(file, "utf8"));
  assert.deepEqual(
    published,
    JSON.parse(JSON.stringify({ $schema: "https://json-schema.org/draft/2020-12/schema", ...ControlConfigSchema })),
  );
});
