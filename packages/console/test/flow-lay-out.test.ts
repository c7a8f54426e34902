import assert from "node:assert/strict";
import { test } from "node:test";
import type { FlowEvent, FlowHandler } from "../page/pages/flow/flow-event.ts";
import { layOut, nodeHeight, nodeWidth } from "../page/pages/flow/lay-out.ts";

const handler = (name: string, published: string[] = []) =>
  ({ service: name, handler: "h", published }) as unknown as FlowHandler;
const event = (key: string, handlers: FlowHandler[], causedBy: string | null = null, closed: Partial<FlowEvent> = {}) =>
  ({ key, handlers, causedBy, closedHandlers: 0, isBehindClosed: false, ...closed }) as unknown as FlowEvent;

test("every event and handler of a flow is drawn once, nothing over another, causes to the left", () => {
  const events = [
    event("a", [handler("billing", ["b"]), handler("mail"), handler("stock", ["c", "d"])]),
    event("b", [handler("mail")], "a"),
    event("c", [], "a"),
    event("d", [handler("billing"), handler("mail")], "a"),
    event("e", [], "a"),
    event("alone", [handler("mail")]),
  ];
  const { nodes, edges } = layOut(events);
  assert.equal(nodes.length, events.length + 7);
  assert.equal(new Set(nodes.map(({ id }) => id)).size, nodes.length);
  for (const one of nodes)
    for (const other of nodes)
      assert.ok(
        one === other || Math.abs(one.x - other.x) >= nodeWidth || Math.abs(one.y - other.y) >= nodeHeight,
        `${one.id} over ${other.id}`,
      );
  const at = new Map(nodes.map((node) => [node.id, node.x]));
  assert.equal(edges.length, nodes.length - 2, "all but the two roots have a cause");
  for (const { source, target } of edges) assert.ok(at.get(source)! < at.get(target)!);
});

test("ids that cause each other in a circle do not hang the page", () => {
  const { nodes } = layOut([event("a", [handler("x", ["b"])], "b"), event("b", [handler("y", ["a"])], "a")]);
  assert.equal(nodes.length, 4);
});

test("what one may not see is one closed box after its event, and before what comes of it", () => {
  const events = [
    event("a", [handler("billing")], null, { closedHandlers: 2 }),
    event("b", [], "a", { isBehindClosed: true }),
    event("c", [], "a"),
    event("late", [], null, { isBehindClosed: true }),
  ];
  const { nodes, edges } = layOut(events);
  const lines = edges.map(({ source, target }) => `${source} → ${target}`);
  assert.deepEqual(lines.toSorted(), ["a closed → b", "a → a billing/h", "a → a closed", "a → c", "closed late → late"]);
  const closed = nodes.filter(({ shown }) => "closedHandlers" in shown);
  assert.deepEqual(
    closed.map(({ id }) => id),
    ["a closed", "closed late"],
  );
});
