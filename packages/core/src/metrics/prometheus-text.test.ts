import assert from "node:assert/strict";
import { it } from "node:test";
import { renderMetrics } from "./prometheus-text.ts";

it("metrics are rendered as Prometheus reads them, whatever stands in help and labels", () => {
  const text = renderMetrics(
    [
      {
        name: "a_total",
        help: "first line\nsecond \\ line",
        type: "counter",
        samples: [
          { labels: {}, value: 1.5 },
          { labels: { handler: 'say "hi"\n\\' }, value: 2 },
        ],
      },
      { name: "b_seconds", help: "h", type: "histogram", samples: [{ suffix: "_bucket", labels: { le: "+Inf" }, value: 3 }] },
      { name: "empty", help: "h", type: "gauge", samples: [] },
    ],
    { service: "s" },
  );
  assert.equal(
    text,
    String.raw`# HELP a_total first line\nsecond \\ line
# TYPE a_total counter
a_total{service="s"} 1.5
a_total{service="s",handler="say \"hi\"\n\\"} 2
# HELP b_seconds h
# TYPE b_seconds histogram
b_seconds_bucket{service="s",le="+Inf"} 3
# HELP empty h
# TYPE empty gauge
`,
  );
});
