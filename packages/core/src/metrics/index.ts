export { prometheusContentType, renderMetrics, type MetricFamily, type Sample } from "./prometheus-text.ts";
