export { type Alert, type AlertChannel, type AlertKind, type ChannelTrial, testChannel } from "./alert.ts";
export { alertmanagerChannel, type AlertmanagerOptions } from "./alertmanager-channel.ts";
export { emailChannel, type EmailOptions } from "./email-channel.ts";
export type { HttpTargetOptions } from "./http-target.ts";
export { isInsideAddress } from "./inside-addresses.ts";
export type { ResolveHost } from "./post-outside.ts";
export { slackChannel } from "./slack-channel.ts";
export { webhookChannel, type WebhookOptions } from "./webhook-channel.ts";
export { isSignedWebhook } from "./webhook-signature.ts";
