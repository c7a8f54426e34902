import assert from "node:assert/strict";
import { test } from "node:test";
import { traceUrlProblem } from "./trace-url.ts";

test("an address of traces has the place of an id in it, and is one that somebody may click on", () => {
  for (const good of [
    "https://traces.example.com/trace/{traceId}",
    "http://127.0.0.1:16686/trace/{traceId}?a=1",
    "https://grafana.example.com/explore?left=%7B%22{traceId}%22%7D#{traceId}",
  ])
    assert.equal(traceUrlProblem(good), null, good);
  for (const [bad, why] of [
    ["https://traces.example.com/", "has no {traceId} in it"],
    ["javascript:alert('{traceId}')", "begins with javascript:"],
    ["data:text/html,{traceId}", "begins with data:"],
    ["file:///etc/{traceId}", "begins with file:"],
    ["{traceId}", "is no address"],
    ["//traces/{traceId}", "is no address"],
    ["https://u:p@traces.example.com/{traceId}", "holds a password"],
    ["https://{traceId}.example.com/", "has {traceId} in its host"],
  ] as const)
    assert.ok(traceUrlProblem(bad)?.startsWith(why), `${bad}: ${traceUrlProblem(bad)}`);
});
