/** One metric with its samples, as Prometheus knows it. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly samples: readonly Sample[];
}

export interface Sample {
  /** Added to the family's name: `_bucket`, `_sum` or `_count` of a histogram. */
  readonly suffix?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export const prometheusContentType = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Renders metrics in Prometheus' text format, version 0.0.4. `labels` stand on every sample.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function renderMetrics(families: readonly MetricFamily[], labels: Readonly<Record<string, string>>): string {
  const lines = families.flatMap(({ name, help, type, samples }) => [
    `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
    `# TYPE ${name} ${type}`,
    ...samples.map((sample) => `${name}${sample.suffix ?? ""}${labelText({ ...labels, ...sample.labels })} ${sample.value}`),
  ]);
  return `${lines.join("\n")}\n`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

const escaped = (value: string): string => value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
