import type { Alert, AlertChannel } from "./alert.ts";
import { HttpTarget, type HttpTargetOptions } from "./http-target.ts";

export interface AlertmanagerOptions extends HttpTargetOptions {
  /** Of the Alertmanager, without `/api/v2/alerts`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. */
  readonly bearer?: string;
  /** Labels that each alert has besides its own, for routes: `{ team: "payments" }`. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** An alert that nobody ends is over by itself: the control plane may never come back. */
const openForMs = 7 * 24 * 3_600_000;
const testForMs = 60_000;

/**
 * Tells Prometheus's Alertmanager, by its API of version 2: an incident is one alert there, which its recovery ends.
 * @throws ALERT_CHANNEL_INVALID
 * @see https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
 */
export function alertmanagerChannel(options: AlertmanagerOptions): AlertChannel {
  const { name, url, bearer, labels = {} } = options;
  const wrong = Object.keys(labels).filter((label) => !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label));
  const address = URL.canParse(url) ? new URL("api/v2/alerts", url.endsWith("/") ? url : `${url}/`).href : url;
  const target = new HttpTarget(
    { ...options, url: address },
    wrong.map((label) => `${JSON.stringify(label)} is no name of a label`),
  );
  return {
    name,
    kind: "prometheus",
    target: target.host,
    send: (alert, signal) =>
      target.post(
        JSON.stringify([alertmanagerAlert(alert, labels)]),
        bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
        signal,
      ),
  };
}

const names = { lag: "ThroughlineLag", failures: "ThroughlineFailures" } as const;

/** The alert as Alertmanager takes it. The labels are what it is known by, so an incident has the same ones each time. */
export function alertmanagerAlert(alert: Alert, labels: Readonly<Record<string, string>> = {}): object {
  const { kind, about, group, incidentId, title, lines, url, atMs, facts } = alert;
  const endsMs = kind === "recovery" ? atMs : atMs + (kind === "test" ? testForMs : openForMs);
  const startsAt = typeof facts["opened_at"] === "string" ? facts["opened_at"] : new Date(atMs).toISOString();
  return {
    labels: { ...labels, alertname: kind === "test" ? "ThroughlineTest" : names[about], group, incident: incidentId },
    annotations: { summary: title, description: lines.join("\n") },
    startsAt,
    endsAt: new Date(endsMs).toISOString(),
    ...(url === null ? {} : { generatorURL: url }),
  };
}
