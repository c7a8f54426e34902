import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { commandWords } from "../page/pages/commands/command-words.ts";
import { isSent, pageSends } from "./page-sends.ts";
import { liveDocument } from "./live-document.ts";

const guide = join(import.meta.dirname, "..", "..", "..", "docs", "guide", "console.md");

/** The rows of the guide's table: `POST /commands`, the command where it is one, and the addresses of the pages. */
const rows = [...readFileSync(guide, "utf8").matchAll(/^\|[^|]*\| `([A-Z]+ \/[^`]*)`(?: `([\w-]+)`)? *\|([^|]*)\|$/gm)].map(
  ([, operation, command, where]) => ({
    operation: operation!,
    command: command ?? null,
    isPages: !where!.includes("the command line"),
    addresses: where!.includes("every page") ? [""] : [...where!.matchAll(/`([^`]+)`/g)].map(([, address]) => address!),
  }),
);

test("the guide's table has every change that the API can make, and no other", async () => {
  const { paths } = await liveDocument();
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => method !== "get" && method !== "head")
      .map((method) => `${method.toUpperCase()} ${path.replace("/api/v1", "")}`),
  );
  assert.ok(operations.length > 25, String(operations));
  assert.deepEqual([...new Set(rows.map(({ operation }) => operation))].toSorted(), operations.toSorted());
});

test("each page that the guide names for a change asks for it", () => {
  const sends = pageSends();
  const ofPages = rows.filter(({ isPages }) => isPages);
  assert.equal(rows.length - ofPages.length, 1, "what the command line alone does, with what only it has");
  for (const { operation, addresses } of ofPages) {
    assert.ok(addresses.length > 0, operation);
    for (const address of addresses)
      assert.ok(isSent(sends.get(address) ?? new Set(), operation), `${operation} at "${address}"`);
  }
});

test("each thing that can be asked of a service has its words on the page, and its row in the guide", async () => {
  const { paths } = await liveDocument();
  const [body] = Object.values(paths["/api/v1/commands/reach"]!["post"]!.requestBody!.content);
  const commands = body!.schema.properties!["command"]!.enum as string[];
  assert.ok(commands.includes("accept-loss"), String(commands));
  for (const command of commands) {
    assert.ok(command in commandWords, command);
    assert.ok(
      rows.some((row) => row.operation === "POST /commands" && row.command === command),
      command,
    );
  }
});
