import type { Alert, AlertChannel, AlertKind } from "./alert.ts";
import { HttpTarget, type HttpTargetOptions } from "./http-target.ts";

const marks: Readonly<Record<AlertKind, string>> = {
  alert: ":red_circle:",
  escalation: ":rotating_light:",
  recovery: ":large_green_circle:",
  test: ":wave:",
};
/** What Slack takes in one section. */
const sectionCharacters = 3000;

/**
 * Posts alerts to an incoming webhook of Slack, or of what takes the same (Mattermost, Rocket.Chat, Discord's `/slack`).
 * @throws ALERT_CHANNEL_INVALID
 * @see https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */
export function slackChannel(options: HttpTargetOptions): AlertChannel {
  const target = new HttpTarget(options);
  return {
    name: options.name,
    kind: "slack",
    target: target.host,
    send: (alert, signal) => target.post(JSON.stringify(slackMessage(alert)), {}, signal),
  };
}

/** The message in Slack's format: `text` for notifications and for what knows no blocks, and the blocks. */
export function slackMessage({ kind, title, lines, url, incidentId, atMs }: Alert): object {
  const headline = `${marks[kind]} *${escaped(title)}*`;
  const section = [headline, ...lines.map(escaped)].join("\n");
  const seconds = Math.floor(atMs / 1000);
  const time = `<!date^${seconds}^{date_short_pretty} {time_secs}|${new Date(atMs).toISOString()}>`;
  const link = url === null ? "" : ` · <${escaped(url).replaceAll("|", "%7C")}|open>`;
  return {
    text: `${marks[kind]} ${escaped(title)}`,
    blocks: [
      { type: "section", text: { type: "mrkdwn", text: cut(section) } },
      { type: "context", elements: [{ type: "mrkdwn", text: `${time} · incident ${escaped(incidentId)}${link}` }] },
    ],
  };
}

/** The three characters that Slack reads as its own; a name can then call nobody (`<!channel>`). */
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const cut = (text: string): string => (text.length <= sectionCharacters ? text : `${text.slice(0, sectionCharacters - 1)}…`);
