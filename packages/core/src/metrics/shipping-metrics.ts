import type { ServiceScope } from "../handling/scope.ts";
import type { MetricFamily } from "./prometheus-text.ts";

/** Of log lines that are shipped; none where none are. */
export function shippingMetrics({ shipper }: Pick<ServiceScope<unknown>, "shipper">): MetricFamily[] {
  if (shipper === null) return [];
  const { shipped, dropped } = shipper.metrics;
  const counter = (name: string, help: string, value: number): MetricFamily => ({
    name,
    help,
    type: "counter",
    samples: [{ labels: {}, value }],
  });
  return [
    counter("throughline_log_lines_shipped_total", "Log lines that the event log took.", shipped),
    counter("throughline_log_lines_dropped_total", "Log lines that were to be shipped and were not.", dropped),
  ];
}
