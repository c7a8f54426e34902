import type { EventContract } from "../contract/index.ts";
import type { ServiceScope } from "../handling/scope.ts";
import type { TopicInfo } from "../seams/event-log.ts";
import { renderMetrics } from "../metrics/prometheus-text.ts";
import { shippingMetrics } from "../metrics/shipping-metrics.ts";
import { Probes, type ProbesOptions } from "./probes.ts";
import type { AnnouncingScope } from "./announcement-loop.ts";
import { PublisherAnnouncer } from "./publisher-announcer.ts";
import type { Health, Running } from "./running-service.ts";
import { createServiceTopics } from "./service-topics.ts";

interface Options {
  readonly publishes: readonly EventContract[];
  /** Those that the log has. */
  readonly topics: readonly TopicInfo[];
  readonly probes: ProbesOptions | null;
  readonly release: () => Promise<void>;
}

/** Starts a service without a store: there is nothing to handle and nothing to send later; events go straight to the log. */
export async function startPublishing(
  scope: AnnouncingScope & Pick<ServiceScope<unknown>, "deliveries">,
  { publishes, topics, probes, release }: Options,
): Promise<Running> {
  await createServiceTopics(scope, publishes, topics);
  const good = { live: true, ready: true, problems: [] } as const;
  const health = (): Promise<Health> => Promise.resolve(good);
  const { service, version, instance } = scope.identity;
  const info = {
    name: "throughline_info",
    help: "Always 1; its labels say what runs.",
    type: "gauge",
    samples: [{ labels: { version, instance }, value: 1 }],
  } as const;
  const metrics = (): Promise<string> => Promise.resolve(renderMetrics([info, ...shippingMetrics(scope)], { service }));
  const server = new Probes({ liveness: () => good, health, metrics });
  if (probes !== null) await server.open(probes);
  const announcer = new PublisherAnnouncer(scope, publishes);
  scope.shipper?.start(scope);
  void announcer.announce();
  const close = async (): Promise<void> => {
    await announcer.close();
    await scope.shipper?.close();
    await release();
    await server.close();
  };
  return { close, health, metrics, probesPort: probes === null ? null : server.port, [Symbol.asyncDispose]: close };
}
