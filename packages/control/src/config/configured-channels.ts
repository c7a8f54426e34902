import type { AlertChannel } from "../alerts/alert.ts";
import { alertmanagerChannel } from "../alerts/alertmanager-channel.ts";
import { emailChannel } from "../alerts/email-channel.ts";
import { slackChannel } from "../alerts/slack-channel.ts";
import { webhookChannel } from "../alerts/webhook-channel.ts";
import type { NoteProblem } from "./config-form.ts";
import type { ChannelConfig, ControlConfigFile } from "./config-schema.ts";
import { holdsPassword, passwordElsewhere, type SecretSources, Secrets } from "./secret-source.ts";

type Alerts = NonNullable<ControlConfigFile["alerts"]>;

/** Makes the channels of a configuration, and notes every problem: those that have one are left out. */
export async function configuredChannels(
  { channels = {}, allowInside = false }: Alerts,
  sources: SecretSources,
  note: NoteProblem,
): Promise<AlertChannel[]> {
  const made: AlertChannel[] = [];
  for (const [name, config] of Object.entries(channels)) {
    const pointer = `/alerts/channels/${name}`;
    const channel = await oneChannel(name, pointer, { allowInside, ...config } as ChannelConfig, sources, note);
    if (channel !== null) made.push(channel);
  }
  return made;
}

async function oneChannel(
  name: string,
  pointer: string,
  config: ChannelConfig,
  sources: SecretSources,
  note: NoteProblem,
): Promise<AlertChannel | null> {
  let isWhole = true;
  const secrets = new Secrets(sources, (at, what) => {
    isWhole = false;
    note(at, what);
  });
  const build = await builderOf(name, pointer, config, secrets);
  if (!isWhole) return null;
  try {
    return build();
  } catch (error) {
    const { code, details, message } = error as Error & { code?: string; details?: { problems?: readonly string[] } };
    if (code !== "ALERT_CHANNEL_INVALID") throw error;
    for (const problem of details?.problems ?? [message]) note(pointer, problem);
    return null;
  }
}

/** Looks up what it needs; what it answers makes the channel, once nothing is missing. */
async function builderOf(name: string, pointer: string, config: ChannelConfig, secrets: Secrets): Promise<() => AlertChannel> {
  const need = async (field: string, place: Parameters<Secrets["resolve"]>[1]): Promise<string> =>
    (await secrets.resolve(`${pointer}/${field}`, place)) ?? "";
  const timeout = config.timeoutMs === undefined ? {} : { timeoutMs: config.timeoutMs };
  if (config.kind === "email") {
    if (holdsPassword(config.server)) secrets.refuse(`${pointer}/server`, passwordElsewhere);
    const { from, to, requireTls } = config;
    const server = await need("server", config.server);
    const ca = config.ca === undefined ? null : await need("ca", { file: config.ca });
    const options = { ...(requireTls === undefined ? {} : { requireTls }), ...(ca === null ? {} : { ca }) };
    return () => emailChannel({ name, server, from, to, ...options, ...timeout });
  }
  const url = await need("url", config.url);
  const posting = { name, url, allowInside: config.allowInside ?? false, ...timeout };
  if (config.kind === "slack") return () => slackChannel(posting);
  if (config.kind === "prometheus") {
    const bearer = config.bearer === undefined ? {} : { bearer: await need("bearer", config.bearer) };
    return () =>
      alertmanagerChannel({ ...posting, ...bearer, ...(config.labels === undefined ? {} : { labels: config.labels }) });
  }
  const places = Array.isArray(config.secret) ? config.secret : [config.secret];
  const secret: string[] = [];
  for (const [n, place] of places.entries()) secret.push(await need(places.length === 1 ? "secret" : `secret/${n}`, place));
  return () => webhookChannel({ ...posting, secret });
}
