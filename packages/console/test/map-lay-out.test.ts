import assert from "node:assert/strict";
import { test } from "node:test";
import { layOutMap } from "../page/pages/map/lay-out-map.ts";

const line = (text: string) => {
  const [from = "", to = ""] = text.split(" > ");
  return { from, to };
};

test("whoever publishes stands left of who listens, circles or not, and nobody over another", () => {
  const names = ["orders", "billing", "mail", "stock", "alone"];
  const edges = [
    "orders > billing",
    "orders > mail",
    "orders > stock",
    "billing > mail",
    "billing > orders",
    "stock > orders",
    "orders > orders",
  ];
  const places = layOutMap(names, edges.map(line));
  const column = Object.fromEntries(places.map(({ name, column: at }) => [name, at]));
  assert.deepEqual(column, { alone: 0, billing: 1, mail: 2, orders: 0, stock: 1 });
  assert.equal(new Set(places.map(({ column: at, row }) => `${at}/${row}`)).size, names.length);
});

test("the same map has the same picture, in whatever order it comes", () => {
  const names = ["c", "a", "b"];
  const edges = ["a > b", "b > c", "c > a"].map(line);
  assert.deepEqual(layOutMap(names, edges), layOutMap(names.toReversed(), edges.toReversed()));
});
