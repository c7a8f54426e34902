import { prometheusContentType, renderMetrics } from "throughline/metrics";
import { lagMetrics } from "../lag/lag-metrics.ts";
import { controlMetrics } from "../metrics/control-metrics.ts";
import type { ControlApp } from "./control-app.ts";
import type { ControlParts } from "./control-parts.ts";
import { overviewNow } from "./overview-now.ts";
import { serviceFacts } from "./service-facts.ts";

/** `/metrics`, where Prometheus looks for it. With a login it needs a token of a viewer of everything. */
export function addMetrics(app: ControlApp, parts: ControlParts): void {
  const { index, lag, surroundings } = parts;
  app.get("/metrics", { config: { right: "read" }, schema: { hide: true } }, async ({ actor }, reply) => {
    const nowMs = surroundings.clock.now();
    const { broken: problems } = await overviewNow(parts, actor);
    const { services, failures } = await serviceFacts(parts);
    const positions = (await index.positions()).filter(({ isGone }) => !isGone);
    const types = await index.typesSeen();
    const families = [
      ...controlMetrics({ positions, types, failures, services, problems, nowMs }),
      ...(await lagMetrics(lag.watcher, lag.store, nowMs)),
    ];
    return reply.type(prometheusContentType).send(renderMetrics(families, {}));
  });
}
